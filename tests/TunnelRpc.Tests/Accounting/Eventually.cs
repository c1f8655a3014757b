using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Accounting;

/// <summary>Waits for what nothing tells of but looking.</summary>
internal static class Eventually
{
    /// <summary>Looks until it is so; between looks others run.</summary>
    public static Task TrueAsync(Func<bool> condition) => Task.Run(async () =>
    {
        while (!condition())
        {
            await Task.Yield();
        }
    }).DefaultTimeout();
}
