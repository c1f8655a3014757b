namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Methods with many parameters.</summary>
[TunnelService]
public partial interface IWide
{
    Task<string> SixteenAsync(
        int a, string b, bool c, double d, char e, long f, Guid g, byte h, decimal i, string? j, int? k, uint l, short m, float n, ulong o,
        Shapes.Pair p);

    Task<string> FifteenAndTokenAsync(
        int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m, int n, int o,
        CancellationToken cancellationToken);

    IAsyncEnumerable<int> FourteenStreamAndTokenAsync(
        int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m, int n, IAsyncEnumerable<int> items,
        CancellationToken cancellationToken);
}
