namespace TunnelRpc.Transports.Legs.Client;

/// <summary>The number and the delays of retries of a failed exchange before its connection fails. Not thread-safe.</summary>
internal sealed class RetryBackoff(TimeProvider timeProvider)
{
    // The delays before successive retries. The first retry is immediate, because the usual cause is a pooled connection that was closed.
    private static readonly TimeSpan[] Delays = [TimeSpan.Zero, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1)];

    // A server ends a leg connection without an exchange after 30 s (LegTransportAcceptor.DetachedTimeout).
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(10);

    private int _failures;

    /// <summary>Resets the number of retries after a success.</summary>
    public void Reset() => _failures = 0;

    /// <summary>Waits before the next retry; returns false when no retry is left. Cancellation only ends the wait.</summary>
    /// <param name="failure">
    /// The failure of the exchange. The wait is as long as it asks to wait (<see cref="TransportException.RetryAfter"/>), 10 s at most.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<bool> TryDelayAsync(TransportException failure, CancellationToken cancellationToken)
    {
        if (_failures == Delays.Length)
        {
            return false;
        }

        TimeSpan delay = Delays[_failures++];
        TimeSpan retryAfter = GetRetryAfter(failure);
        delay = retryAfter > delay ? retryAfter : delay;
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return true;
    }

    /// <summary>Returns the time that the failed exchange asked to wait, 10 s at most; zero for none.</summary>
    public static TimeSpan GetRetryAfter(TransportException? failure)
    {
        TimeSpan retryAfter = failure?.RetryAfter ?? TimeSpan.Zero;
        return retryAfter < MaxRetryAfter ? retryAfter : MaxRetryAfter;
    }

    /// <summary>
    /// Whether a retry cannot succeed: the server responded that it does not know the leg connection, or refused the client.
    /// </summary>
    public static bool IsPermanent(int? status) => status is 401 or 403 or 404 or 407 or 409 or 410;
}
