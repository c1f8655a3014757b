namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Default values of each kind.</summary>
[TunnelService]
public partial interface IDefaults
{
    Task<string> Texts(
        string given, string plain = "a", string escaped = "\"q\" \\ \t\r\n\0\u2028", string astral = "\U0001F600", string empty = "",
        string? none = null);

    Task<string> Characters(
        string given, char plain = 'a', char quote = '\'', char backslash = '\\', char zero = '\0', char surrogate = '\ud800',
        char? some = '"', char? none = null);

    Task<string> Integers(
        string given, sbyte a = sbyte.MinValue, byte b = byte.MaxValue, short c = short.MinValue, ushort d = ushort.MaxValue,
        int e = int.MinValue,
        uint f = uint.MaxValue, long g = long.MinValue, ulong h = ulong.MaxValue, int? some = -1, long? none = null,
        ulong? big = ulong.MaxValue);

    Task<string> Numbers(
        string given, double nan = double.NaN, double least = double.Epsilon, double negative = double.NegativeInfinity,
        double most = double.MaxValue,
        float notNumber = float.NaN, float positive = float.PositiveInfinity, float small = 1e-30F, double? some = double.NaN,
        float? none = null);

    Task<string> Decimals(
        string given, decimal most = decimal.MaxValue, decimal least = decimal.MinValue, decimal scaled = 1.500M, decimal zero = 0.00M,
        decimal? some = -0.1M, decimal? none = null);

    Task<string> Enums(
        string given, Shapes.Colour some = Shapes.Colour.Blue, Shapes.Colour undefined = (Shapes.Colour)77, Wide wide = Wide.Most,
        Signed signed = Signed.Below,
        Signed zero = default, Shapes.Colour? nullable = Shapes.Colour.Red, Shapes.Colour? none = null, bool yes = true, bool? no = false);

    Task<string> Structs(
        string given, Guid id = default, Shapes.Pair pair = default, DateTimeOffset when = default,
        (int Number, string? Text) tuple = default,
        ReadOnlyMemory<byte> bytes = default, Shapes.Pair? none = null, Shapes.Page<int>? page = default);

    /// <summary>An enum of the widest underlying type.</summary>
    enum Wide : ulong
    {
        /// <summary>None.</summary>
        None,

        /// <summary>All bits.</summary>
        Most = ulong.MaxValue,
    }

    /// <summary>An enum with a negative value.</summary>
    enum Signed
    {
        /// <summary>Negative.</summary>
        Below = -7,

        /// <summary>Zero.</summary>
        Zero = 0,
    }
}
