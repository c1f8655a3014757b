using System.Globalization;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Returns its arguments as text.</summary>
internal sealed class Wide : IWide
{
    public Task<string> SixteenAsync(
        int a, string b, bool c, double d, char e, long f, Guid g, byte h, decimal i, string? j, int? k, uint l, short m, float n, ulong o,
        Shapes.Pair p) =>
        Task.FromResult(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{a} {b} {c} {d} {e} {f} {g:N} {h} {i} {j ?? "null"} {k} {l} {m} {n} {o} {p.Left}/{p.Right}"));

    public Task<string> FifteenAndTokenAsync(
        int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m, int n, int o,
        CancellationToken cancellationToken) =>
        Task.FromResult(string.Join(' ', a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, cancellationToken.CanBeCanceled));

    public IAsyncEnumerable<int> FourteenStreamAndTokenAsync(
        int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m, int n, IAsyncEnumerable<int> items,
        CancellationToken cancellationToken) =>
        new[] { a, b, c, d, e, f, g, h, i, j, k, l, m, n }.ToAsyncEnumerable().Concat(items);
}
