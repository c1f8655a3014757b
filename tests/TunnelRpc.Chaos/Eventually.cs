namespace TunnelRpc.Chaos;

/// <summary>Polls for effects of other processes and of the network, which raise no event.</summary>
internal static class Eventually
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2);

    /// <exception cref="TimeoutException">The condition was not true within <see cref="ChaosRun.HangTimeout"/>.</exception>
    public static Task TrueAsync(Func<bool> condition, string description) => TrueAsync(condition, () => description);

    /// <exception cref="TimeoutException">The condition was not true within <see cref="ChaosRun.HangTimeout"/>.</exception>
    public static async Task TrueAsync(Func<bool> condition, Func<string> description)
    {
        using var hang = new CancellationTokenSource(ChaosRun.HangTimeout);
        using var timer = new PeriodicTimer(PollInterval);
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(hang.Token);
            }
            catch (OperationCanceledException cancelled)
            {
                throw new TimeoutException($"Expected within {ChaosRun.HangTimeout} that {description()}.", cancelled);
            }
        }
    }

    /// <summary>Waits for <paramref name="time"/> of real time.</summary>
    public static async Task DelayAsync(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }
}
