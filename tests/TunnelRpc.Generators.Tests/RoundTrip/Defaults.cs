using System.Globalization;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Returns its arguments as text.</summary>
internal sealed class Defaults : IDefaults
{
    public Task<string> Texts(string given, string plain, string escaped, string astral, string empty, string? none) =>
        Join(given, plain, escaped, astral, empty, none);

    public Task<string> Characters(
        string given, char plain, char quote, char backslash, char zero, char surrogate, char? some, char? none) =>
        Join(given, (int)plain, (int)quote, (int)backslash, (int)zero, (int)surrogate, some, none);

    public Task<string> Integers(
        string given, sbyte a, byte b, short c, ushort d, int e, uint f, long g, ulong h, int? some, long? none, ulong? big) =>
        Join(given, a, b, c, d, e, f, g, h, some, none, big);

    public Task<string> Numbers(
        string given, double nan, double least, double negative, double most, float notNumber, float positive, float small, double? some,
        float? none) =>
        Join(given, nan, least, negative, most, notNumber, positive, small, some, none);

    public Task<string> Decimals(string given, decimal most, decimal least, decimal scaled, decimal zero, decimal? some, decimal? none) =>
        Join(given, most, least, scaled, zero, some, none);

    public Task<string> Enums(
        string given, Shapes.Colour some, Shapes.Colour undefined, IDefaults.Wide wide, IDefaults.Signed signed, IDefaults.Signed zero,
        Shapes.Colour? nullable, Shapes.Colour? none, bool yes, bool? no) =>
        Join(given, some, undefined, wide, signed, zero, nullable, none, yes, no);

    public Task<string> Structs(
        string given, Guid id, Shapes.Pair pair, DateTimeOffset when, (int Number, string? Text) tuple, ReadOnlyMemory<byte> bytes,
        Shapes.Pair? none, Shapes.Page<int>? page) =>
        Join(given, id, pair, when.Ticks, tuple, bytes.Length, none, page);

    private static Task<string> Join(params object?[] values) =>
        Task.FromResult(string.Join("|", values.Select(v => Convert.ToString(v ?? "null", CultureInfo.InvariantCulture))));
}
