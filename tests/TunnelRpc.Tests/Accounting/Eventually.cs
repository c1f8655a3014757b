using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Accounting;

/// <summary>Waits for a condition that has no event, by polling.</summary>
internal static class Eventually
{
    /// <summary>Polls until the condition is true; yields between polls.</summary>
    public static Task TrueAsync(Func<bool> condition) => Task.Run(async () =>
    {
        while (!condition())
        {
            await Task.Yield();
        }
    }).DefaultTimeout();
}
