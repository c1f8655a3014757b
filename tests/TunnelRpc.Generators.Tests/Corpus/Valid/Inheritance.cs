using Corpus.Inheritance.Library;

namespace Corpus.Inheritance;

// Members of several levels.
public abstract class Animal
{
    public string Name { get; set; } = "";
}

public class Pet : Animal
{
    public string? Owner { get; init; }
}

public sealed class Dog : Pet
{
    public bool Barks { get; set; }
}

[TunnelService] public partial interface IDogs { Task<Dog> GetAsync(); }

// A concrete base class, itself a result.
[TunnelService] public partial interface IPets { Task<Pet> GetAsync(); Task<List<Pet?>> ListAsync(); }

// Overridden properties with code of their own.
public class Vehicle
{
    private int _wheels;

    public virtual int Wheels { get => _wheels; set => _wheels = value; }

    public virtual string? Plate { get; set; }
}

public sealed class Truck : Vehicle
{
    public override int Wheels { get => base.Wheels; set => base.Wheels = Math.Max(value, 6); }

    public override string? Plate { get => base.Plate; set => base.Plate = value?.ToUpperInvariant(); }
}

[TunnelService] public partial interface ITrucks { Task<Truck> GetAsync(); }

// Abstract properties.
public abstract class Measure
{
    public abstract double Value { get; set; }

    public abstract string Unit { get; }
}

public sealed class Length : Measure
{
    public override double Value { get; set; }

    public override string Unit => "m";
}

[TunnelService] public partial interface ILengths { Task<Length> GetAsync(); }

// A constructor that passes values to the base class.
public abstract class Event(Guid id, DateTime at)
{
    public Guid Id { get; } = id;

    public DateTime At { get; } = at;
}

public sealed class Shipped(Guid id, DateTime at, string carrierName) : Event(id, at)
{
    public string CarrierName { get; } = carrierName;
}

[TunnelService] public partial interface IShipments { Task<Shipped> GetAsync(); }

// Captured parameters of several levels.
public abstract class Titled(string title)
{
    public string Title => title;
}

#pragma warning disable CS9107 // The parameter is captured, and passed to the base class.
public sealed class Chapter(string title, int pages) : Titled(title)
{
    public int Pages => pages;

    public string Describe() => title + pages;
}
#pragma warning restore CS9107

[TunnelService] public partial interface IChapters { Task<Chapter> GetAsync(); }

// Protected fields of a base class, which a derived property returns.
public abstract class Holder
{
    protected int _value;
}

public sealed class Holding : Holder
{
    public int Value { get => _value; set => _value = value; }
}

[TunnelService] public partial interface IHoldings { Task<Holding> GetAsync(); }

// Interfaces with properties and default implementations.
public interface INamed
{
    string Name { get; }

    string Display => $"<{Name}>";
}

public sealed class Label : INamed
{
    public required string Name { get; init; }
}

[TunnelService] public partial interface ILabels { Task<Label> GetAsync(); }

// A base class of the platform without state.
public sealed class Pressed : EventArgs
{
    public int Key { get; init; }
}

[TunnelService] public partial interface IKeys { Task<Pressed> GetAsync(); }

// A private member of the derived class with the name of a base member.
public class Visible
{
    public int Number { get; set; }
}

public sealed class Shadow : Visible
{
    [TunnelIgnore]
    private new string Number { get; set; } = "";

    public string Show() => Number;

    public void Hide() => Number = "hidden";
}

[TunnelService] public partial interface IShadows { Task<Shadow> GetAsync(); }

// Types of another assembly.
[TunnelService] public partial interface ILibrary { Task<Customer> CustomerAsync(); Task<Pair<int, string>> PairAsync(); Task<Amount> AmountAsync(); }

[TunnelService] public partial interface IPropertiesOfLibrary { Task<Notified> NotifiedAsync(); Task<WithField> FieldAsync(); }

// Derived classes of types of another assembly.
public sealed class GoldCustomer(int id, string name) : Customer(id, name)
{
    public int Points { get; set; }
}

public sealed record Employee(string Name, int Level) : PersonBase(Name)
{
    public override string? Nick { get; init; }
}

[TunnelService] public partial interface IDerivedFromLibrary { Task<GoldCustomer> GetAsync(); Task<Employee> EmployeeAsync(); }

// A union whose cases are in two assemblies.
[TunnelUnion(0, typeof(CardPayment))]
[TunnelUnion(1, typeof(CashPayment))]
public abstract class LocalPayment : Payment;

public sealed class CardPayment : LocalPayment
{
    public string Card { get; set; } = "";
}

public sealed class CashPayment : LocalPayment
{
    public int Coins { get; set; }
}

[TunnelService] public partial interface IPayments { Task<LocalPayment> GetAsync(); Task<LibraryUnion> LibraryAsync(); }

// A contract whose base is in another assembly.
[TunnelService] public partial interface IDerivedContract : IBaseContract { Task<Amount[]> AmountsAsync(); }

public static class Values
{
    public static Dog Dog => new() { Name = "Rex", Owner = "Ada", Barks = true };

    public static Pet Pet => new() { Name = "Tom", Owner = "Bob" };

    public static List<Pet?> Pets => [Pet, null];

    public static Truck Truck => new() { Wheels = 8, Plate = "AB" };

    public static Length Length => new() { Value = 2.5 };

    public static Shipped Shipped => new(new Guid("00000000-0000-0000-0000-000000000001"), new DateTime(2024, 5, 6, 0, 0, 0, DateTimeKind.Utc), "post");

    public static Chapter Chapter => new("t", 12);

    public static Holding Holding => new() { Value = 4 };

    public static Label Label => new() { Name = "n" };

    public static Pressed Pressed => new() { Key = 13 };

    public static Shadow Shadow => new() { Number = 5 };

    public static Customer Customer => new(1, "Ada") { Email = "a@b" };

    public static Pair<int, string> Pair => new(1, "b");

    public static Amount Amount => new(12.5m, "EUR");

    public static Notified Notified => new() { Text = "t" };

    public static WithField WithField => new() { A = 1, B = 2, C = "c" };

    public static GoldCustomer Gold => new(2, "Bob") { Email = "b@c", Points = 7 };

    public static Employee Employee => new("Cleo", 3) { Nick = "c" };

    public static LocalPayment Payment => new CardPayment { Card = "1234", Cents = 5 };

    public static LocalPayment Cash => new CashPayment { Coins = 3, Cents = 6 };

    public static LibraryUnion LibraryUnion => new LibraryCase(5);

    public static Amount[] Amounts => [Amount];

    public static Dictionary<string, Amount> Totals => new() { ["a"] = Amount };
}
