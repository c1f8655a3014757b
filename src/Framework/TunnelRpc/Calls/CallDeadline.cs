namespace TunnelRpc.Calls;

/// <summary>The caller's own watch over a call's deadline. Disposed when the call has ended.</summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly TunnelMethod _method;
    private readonly TimeSpan _time;
    private readonly CancellationToken _callersToken;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;

    private CallDeadline(TunnelMethod method, TimeSpan time, TimeProvider timeProvider, CancellationToken callersToken)
    {
        _method = method;
        _time = time;
        _callersToken = callersToken;
        _timer = new CancellationTokenSource(time, timeProvider);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, callersToken);
    }

    /// <summary>Cancelled by the caller's token and by the deadline.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Starts the watch; null when there is no deadline.</summary>
    public static CallDeadline? Start(CallSettings? settings, TunnelMethod method, TimeProvider timeProvider, CancellationToken callersToken) =>
        settings?.Deadline is TimeSpan time ? new CallDeadline(method, time, timeProvider, callersToken) : null;

    /// <summary>What the caller is told of a cancellation: its own, or the deadline.</summary>
    /// <param name="cancelled">The cancellation.</param>
    /// <param name="sent">Whether the call was sent, as a whole.</param>
    public Exception Explain(OperationCanceledException cancelled, bool sent)
    {
        if (_callersToken.IsCancellationRequested)
        {
            return new OperationCanceledException($"{_method} was cancelled.", cancelled, _callersToken);
        }

        return _timer.IsCancellationRequested
            ? new TunnelException(TunnelStatus.DeadlineExceeded, $"{_method} did not end within its deadline of {_time}. {(sent ? "It may have run." : "It was not sent.")}")
            {
                Outcome = sent ? TunnelCallOutcome.Unknown : TunnelCallOutcome.NotSent,
            }
            : cancelled;
    }

    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
