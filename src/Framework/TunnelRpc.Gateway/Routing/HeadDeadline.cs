namespace TunnelRpc.Gateway.Routing;

/// <summary>
/// The token of one exchange: cancelled when the client has left, unless the exchange is then an upgraded connection, and when the head of
/// the response does not come in time. Thread-safe, except disposal.
/// </summary>
internal sealed class HeadDeadline : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _expired;
    private readonly CancellationTokenSource _linked;
    private readonly CancellationTokenRegistration _aborted;

    // Set once: the head has arrived, so that later progress starts no timer.
    private volatile bool _isStopped;

    /// <param name="timeout">The time until the head.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="aborted">The client has left.</param>
    public HeadDeadline(TimeSpan timeout, TimeProvider timeProvider, CancellationToken aborted)
    {
        _timeout = timeout;
        _expired = new CancellationTokenSource(timeout, timeProvider);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_expired.Token);
        _aborted = aborted.UnsafeRegister(static linked => ((CancellationTokenSource)linked!).Cancel(), _linked);
    }

    /// <summary>Cancels the exchange.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Whether the head has not come in time.</summary>
    public bool IsExpired => _expired.IsCancellationRequested;

    /// <summary>Bytes of the request were read: the time starts again.</summary>
    public void OnProgress()
    {
        if (!_isStopped)
        {
            TryRestart(_timeout);
        }
    }

    /// <summary>The head has arrived: there is no timeout any more.</summary>
    public void Stop()
    {
        _isStopped = true;
        TryRestart(Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// The client's leaving does not cancel the exchange any more: the copy of an upgraded connection sends what was received before.
    /// </summary>
    public void IgnoreClient() => _aborted.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopped = true;
        _aborted.Dispose();
        _linked.Dispose();
        _expired.Dispose();
    }

    private void TryRestart(TimeSpan timeout)
    {
        try
        {
            _expired.CancelAfter(timeout);
            if (_isStopped && timeout != Timeout.InfiniteTimeSpan)
            {
                // Stopped at the same time.
                _expired.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }
        catch (ObjectDisposedException)
        {
            // A read that ends with the exchange.
        }
    }
}
