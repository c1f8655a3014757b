using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Corpus.Scalars;

public sealed record Integers(sbyte A, byte B, short C, ushort D, int E, uint F, long G, ulong H, nint I, nuint J);

[TunnelService] public partial interface IIntegers { Task<Integers> GetAsync(); Task<int> IntAsync(); Task<ulong> UlongAsync(); Task<nint> NintAsync(); }

public sealed record Floats(Half A, float B, double C, decimal D);

[TunnelService] public partial interface IFloats { Task<Floats> GetAsync(); Task<double> DoubleAsync(); Task<decimal> DecimalAsync(); }

public sealed record Big(Int128 A, UInt128 B, BigInteger C);

[TunnelService] public partial interface IBig { Task<Big> GetAsync(); Task<BigInteger> BigAsync(); }

public sealed record Texts(string A, string? B, char C, Rune D, StringBuilder E);

[TunnelService] public partial interface ITexts { Task<Texts> GetAsync(); Task<string> StringAsync(); Task<char> CharAsync(); }

public sealed record Times(DateTime A, DateTimeOffset B, DateOnly C, TimeOnly D, TimeSpan E, TimeZoneInfo F);

[TunnelService] public partial interface ITimes { Task<Times> GetAsync(); Task<DateTimeOffset> OffsetAsync(); Task<DateOnly?> DateAsync(); }

public sealed record Ids(Guid A, Uri B, Version C);

[TunnelService] public partial interface IIds { Task<Ids> GetAsync(); Task<Guid> GuidAsync(); Task<Uri?> UriAsync(); }

public sealed record Bytes(byte[] A, Memory<byte> B, ReadOnlyMemory<byte> C, ArraySegment<byte> D);

[TunnelService] public partial interface IBytes { Task<Bytes> GetAsync(); Task<byte[]> ArrayAsync(); Task<ReadOnlyMemory<byte>> MemoryAsync(); }

public sealed record Network(IPAddress A, IPEndPoint B, IPAddress? C);

[TunnelService] public partial interface INetwork { Task<Network> GetAsync(); }

public sealed record Geometry(Vector2 A, Vector3 B, Vector4 C, Quaternion D, Plane E, Matrix3x2 F, Matrix4x4 G, Complex H);

[TunnelService] public partial interface IGeometry { Task<Geometry> GetAsync(); }

public sealed record Json(JsonElement A, JsonNode B, JsonObject C, JsonArray D);

[TunnelService] public partial interface IJson { Task<Json> GetAsync(); Task<JsonNode?> NodeAsync(); }

public sealed record Positions(Index A, System.Range B, BitArray C, CultureInfo D);

[TunnelService] public partial interface IPositions { Task<Positions> GetAsync(); }

public sealed record Nullables(bool? A, int? B, double? C, DateTime? D, Guid? E, TimeSpan? F, char? G, decimal? H, Half? I, Index? J);

[TunnelService] public partial interface INullables { Task<Nullables> GetAsync(); Task<int?> IntAsync(); Task<bool?> BoolAsync(); }

public sealed record Extremes(int A, long B, ulong C, double D, double E, float F, decimal G, DateTime H, string I);

[TunnelService] public partial interface IExtremes { Task<Extremes> GetAsync(); Task<List<Extremes>> ListAsync(); }

[TunnelService] public partial interface IBooleans { Task<bool> GetAsync(); Task<bool[]> ListAsync(); }

public static class Values
{
    public static Integers Integers => new(-1, 2, -3, 4, -5, 6, -7, 8, -9, 10);

    public static int Int => -70_000;

    public static ulong Ulong => ulong.MaxValue;

    public static nint Nint => -5;

    public static Floats Floats => new((Half)1.5, 2.5f, Math.PI, 1.50m);

    public static double Double => double.Epsilon;

    public static decimal Decimal => 0.10m;

    public static Big Big => new(Int128.MinValue, UInt128.MaxValue, BigInteger.Pow(3, 500));

    public static BigInteger BigInteger => -BigInteger.One;

    public static Texts Texts => new("ä☃😀", "b", 'c', new Rune(0x1F600), new StringBuilder("e"));

    public static string String => "a\0b";

    public static char Char => '\uD800';

    public static Times Times => new(
        new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc).AddTicks(1),
        new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(-3.5)),
        new DateOnly(2024, 2, 29),
        new TimeOnly(23, 59, 59, 999),
        TimeSpan.FromTicks(-1),
        TimeZoneInfo.FindSystemTimeZoneById("UTC"));

    public static DateTimeOffset Offset => new(1, 1, 2, 0, 0, 0, TimeSpan.FromHours(14));

    public static DateOnly? Date => DateOnly.MaxValue;

    public static Ids Ids => new(new Guid("00112233-4455-6677-8899-aabbccddeeff"), new Uri("https://a.example/b?c=d#e"), new Version(1, 2, 3, 4));

    public static Guid Guid => new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    public static Uri? Uri => new("relative/path", UriKind.Relative);

    public static Bytes Bytes => new([1, 2], new byte[] { 3 }, new byte[] { 4, 5 }, new ArraySegment<byte>([0, 6, 7, 0], 1, 2));

    public static byte[] ByteArray => [0, 255];

    public static ReadOnlyMemory<byte> Memory => new byte[] { 9 };

    public static Network Network => new(IPAddress.Parse("10.0.0.1"), new IPEndPoint(IPAddress.IPv6Loopback, 443), IPAddress.Parse("fe80::1"));

    public static Geometry Geometry => new(
        new(1, 2), new(1, 2, 3), new(1, 2, 3, 4), new(1, 2, 3, 4), new(1, 2, 3, 4), new(1, 2, 3, 4, 5, 6),
        new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), new(1, -2));

    public static Json Json => new(
        JsonDocument.Parse("""{"a":[1,2.5,null,true,"x"]}""").RootElement,
        JsonValue.Create(5),
        new JsonObject { ["a"] = 1, ["b"] = new JsonArray(1, 2) },
        new JsonArray("x", null, 3));

    public static JsonNode? Node => new JsonObject { ["deep"] = new JsonObject { ["er"] = "x" } };

    public static Positions Positions => new(^2, 1..^3, new BitArray([true, false, true]), CultureInfo.InvariantCulture);

    public static Nullables Nullables => new(
        true, 1, 2.5, new DateTime(2024, 5, 6, 0, 0, 0, DateTimeKind.Utc), Guid, TimeSpan.FromDays(1), 'c', 1.0m, (Half)2, ^1);

    public static int? MaybeInt => 5;

    public static bool? MaybeBool => true;

    public static Extremes Extremes => new(
        int.MinValue, long.MinValue, ulong.MaxValue, double.NaN, double.NegativeInfinity, float.MaxValue, decimal.MinValue,
        DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc), new string('x', 70_000));

    public static List<Extremes> AllExtremes => [Extremes, Extremes with { A = int.MaxValue, B = long.MaxValue, D = double.PositiveInfinity, E = double.MaxValue }];

    public static bool Bool => true;

    public static bool[] Bools => [true, false];
}
