using System.Runtime.InteropServices;

namespace Corpus.Structs;

// A strongly typed id, as developers and packages write them.
public readonly struct OrderId(Guid value) : IEquatable<OrderId>
{
    public Guid Value { get; } = value;

    public bool Equals(OrderId other) => Value == other.Value;

    public override bool Equals(object? obj) => obj is OrderId other && Equals(other);

    public override int GetHashCode() => Value.GetHashCode();
}

[TunnelService] public partial interface IOrderIds { Task<OrderId> GetAsync(); Task<Dictionary<OrderId, string>> MapAsync(); }

// A parameter of a primary constructor that a property returns.
public readonly struct Celsius(double degrees)
{
    public double Degrees => degrees;

    public double Fahrenheit => (degrees * 9 / 5) + 32;
}

[TunnelService] public partial interface ICelsius { Task<Celsius> GetAsync(); }

// A private field that a property returns, and a constructor.
public readonly struct Percentage
{
    private readonly decimal _value;

    public Percentage(decimal value) => _value = value;

    public decimal Value => _value;
}

[TunnelService] public partial interface IPercentages { Task<Percentage> GetAsync(); }

// Public fields.
public struct Pixel
{
    public byte R;

    public byte G;

    public byte B;
}

[TunnelService] public partial interface IPixels { Task<Pixel> GetAsync(); Task<Pixel[]> RowAsync(); }

// Public read-only fields and a constructor.
public readonly struct Vector(float x, float y)
{
    public readonly float X = x;

    public readonly float Y = y;
}

[TunnelService] public partial interface IVectors { Task<Vector> GetAsync(); }

// Mutable, with properties.
public struct Reading
{
    public DateTime At { get; set; }

    public double Value { get; set; }

    public string? Unit { get; init; }
}

[TunnelService] public partial interface IReadings { Task<Reading> GetAsync(); Task<Reading?> MaybeAsync(); }

// A layout.
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Packet
{
    public ushort Length;

    public int Kind;
}

[TunnelService] public partial interface IPackets { Task<Packet> GetAsync(); }

// A constructor without parameters and initializers.
public struct Options
{
    public Options()
    {
    }

    public int Retries { get; set; } = 3;

    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);
}

[TunnelService] public partial interface IOptions { Task<Options> GetAsync(); }

// Members of other structs, nullable ones too.
public struct Rectangle
{
    public Corner TopLeft { get; set; }

    public Corner? BottomRight { get; set; }
}

public readonly record struct Corner(int X, int Y);

[TunnelService] public partial interface IRectangles { Task<Rectangle> GetAsync(); Task<List<Rectangle?>> ListAsync(); }

// An interface, static members, constants, operators and conversions are no state.
public readonly struct Money : IComparable<Money>
{
    public const int Digits = 2;

    public static readonly Money Zero = new(0, "EUR");

    public Money(long cents, string currency)
    {
        Cents = cents;
        Currency = currency;
    }

    public static int Created { get; set; }

    public long Cents { get; }

    public string Currency { get; }

    public decimal Amount => Cents / 100m;

    public static explicit operator decimal(Money money) => money.Amount;

    public static Money operator +(Money left, Money right) => new(left.Cents + right.Cents, left.Currency);

    public int CompareTo(Money other) => Cents.CompareTo(other.Cents);
}

[TunnelService] public partial interface IMoney { Task<Money> GetAsync(); }

// A parameter passed as in.
public readonly struct Wrapped
{
    public Wrapped(in Corner corner) => Corner = corner;

    public Corner Corner { get; }
}

[TunnelService] public partial interface IWrapped { Task<Wrapped> GetAsync(); }

// Required members.
public struct Needed
{
    public required string Name { get; set; }

    public required int Age;
}

[TunnelService] public partial interface INeeded { Task<Needed> GetAsync(); }

public static class Values
{
    public static OrderId OrderId => new(new Guid("00000000-0000-0000-0000-000000000005"));

    public static Dictionary<OrderId, string> OrderIds => new() { [OrderId] = "five" };

    public static Celsius Celsius => new(21.5);

    public static Percentage Percentage => new(12.5m);

    public static Pixel Pixel => new() { R = 1, G = 2, B = 255 };

    public static Pixel[] Pixels => [Pixel, default];

    public static Vector Vector => new(1.5f, -2);

    public static Reading Reading => new() { At = new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc), Value = 1.5, Unit = "m" };

    public static Reading? MaybeReading => Reading;

    public static Packet Packet => new() { Length = 65535, Kind = -1 };

    public static Options Options => new() { Retries = 5, Delay = TimeSpan.FromMinutes(1) };

    public static Rectangle Rectangle => new() { TopLeft = new(1, 2), BottomRight = new(3, 4) };

    public static List<Rectangle?> Rectangles => [Rectangle, null];

    public static Money Money => new(1250, "CHF");

    public static Wrapped Wrapped => new(new Corner(1, 2));

    public static Needed Needed => new() { Name = "Ada", Age = 36 };
}
