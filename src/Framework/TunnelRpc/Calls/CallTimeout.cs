namespace TunnelRpc.Calls;

/// <summary>The caller's own watch over a call's deadline. Disposed when the call has ended.</summary>
internal sealed class CallTimeout : IDisposable
{
    private readonly TunnelMethod _method;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _callerToken;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;

    private CallTimeout(TunnelMethod method, TimeSpan timeout, TimeProvider timeProvider, CancellationToken callerToken)
    {
        _method = method;
        _timeout = timeout;
        _callerToken = callerToken;
        _timer = new CancellationTokenSource(timeout, timeProvider);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, callerToken);
    }

    /// <summary>Cancelled by the caller's token and by the deadline.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Starts the watch; null when there is no deadline.</summary>
    public static CallTimeout? Start(CallSettings? settings, TunnelMethod method, TimeProvider timeProvider, CancellationToken callerToken) =>
        settings?.Timeout is TimeSpan time ? new CallTimeout(method, time, timeProvider, callerToken) : null;

    /// <summary>What the caller is told of a cancellation: its own, or the deadline.</summary>
    /// <param name="cancelled">The cancellation.</param>
    /// <param name="wasSent">Whether the call was sent, as a whole.</param>
    public Exception TranslateCancellation(OperationCanceledException cancelled, bool wasSent)
    {
        if (_callerToken.IsCancellationRequested)
        {
            return new OperationCanceledException($"{_method} was cancelled.", cancelled, _callerToken);
        }

        return _timer.IsCancellationRequested
            ? new TunnelException(TunnelStatus.DeadlineExceeded, $"{_method} did not end within its deadline of {_timeout}. {(wasSent ? "It may have run." : "It was not sent.")}")
            {
                Outcome = wasSent ? TunnelCallOutcome.Unknown : TunnelCallOutcome.NotSent,
            }
            : cancelled;
    }

    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
