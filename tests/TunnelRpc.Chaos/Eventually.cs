namespace TunnelRpc.Chaos;

/// <summary>Waits for what other processes and the network do, of which nothing tells.</summary>
internal static class Eventually
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2);

    /// <exception cref="TimeoutException">It did not come within the hang guard.</exception>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(condition, () => what);

    /// <exception cref="TimeoutException">It did not come within the hang guard.</exception>
    public static async Task TrueAsync(Func<bool> condition, Func<string> what)
    {
        using var hang = new CancellationTokenSource(ChaosRun.HangTimeout);
        using var timer = new PeriodicTimer(PollInterval);
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(hang.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"Expected within {ChaosRun.HangTimeout} that {what()}.", late);
            }
        }
    }

    /// <summary>Lets real time pass, for what is to happen, or must not, meanwhile.</summary>
    public static async Task DelayAsync(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }
}
