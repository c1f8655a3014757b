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

    /// <summary>
    /// Repeats a step, for instance the advance of a fake clock, until the condition is true. Between two steps there is a millisecond of
    /// real time, since what the steps cause uses real sockets and threads.
    /// </summary>
    public static Task TrueAsync(Func<bool> condition, Action step) => Task.Run(async () =>
    {
        while (!condition())
        {
            step();
            await Task.Delay(1);
        }
    }).DefaultTimeout();

    /// <summary>Repeats an asynchronous condition, for instance a request, until it is true.</summary>
    public static Task TrueAsync(Func<Task<bool>> condition) => Task.Run(async () =>
    {
        while (!await condition())
        {
            await Task.Delay(1);
        }
    }).DefaultTimeout();
}
