namespace TunnelRpc.Transports.Legs.Client;

/// <summary>How often and how soon an exchange that failed is tried again before its connection fails. Not thread-safe.</summary>
internal sealed class RetryBackoff(TimeProvider timeProvider)
{
    // Before the second, third, … try in a row; the first is made at once, since a connection that was closed meanwhile is the usual cause.
    private static readonly TimeSpan[] Delays = [TimeSpan.Zero, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1)];

    private int _failures;

    /// <summary>Something went well.</summary>
    public void Reset() => _failures = 0;

    /// <summary>Waits before the next try; false when there have been enough. Cancellation only ends the wait.</summary>
    public async ValueTask<bool> TryDelayAsync(CancellationToken cancellationToken)
    {
        if (_failures == Delays.Length)
        {
            return false;
        }

        TimeSpan wait = Delays[_failures++];
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return true;
    }

    /// <summary>Whether trying again is of no use: the server has answered, and does not know the carrier, or not this client.</summary>
    public static bool IsPermanent(int? status) => status is 401 or 403 or 404 or 407 or 409 or 410;
}
