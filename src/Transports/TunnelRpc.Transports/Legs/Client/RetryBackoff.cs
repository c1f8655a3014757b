namespace TunnelRpc.Transports.Legs.Client;

/// <summary>The number and the delays of retries of a failed exchange before its connection fails. Not thread-safe.</summary>
internal sealed class RetryBackoff(TimeProvider timeProvider)
{
    // The delays before successive retries. The first retry is immediate, because the usual cause is a pooled connection that was closed.
    private static readonly TimeSpan[] Delays = [TimeSpan.Zero, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1)];

    private int _failures;

    /// <summary>Resets the number of retries after a success.</summary>
    public void Reset() => _failures = 0;

    /// <summary>Waits before the next retry; returns false when no retry is left. Cancellation only ends the wait.</summary>
    public async ValueTask<bool> TryDelayAsync(CancellationToken cancellationToken)
    {
        if (_failures == Delays.Length)
        {
            return false;
        }

        TimeSpan delay = Delays[_failures++];
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return true;
    }

    /// <summary>
    /// Whether a retry cannot succeed: the server responded that it does not know the leg connection, or refused the client.
    /// </summary>
    public static bool IsPermanent(int? status) => status is 401 or 403 or 404 or 407 or 409 or 410;
}
