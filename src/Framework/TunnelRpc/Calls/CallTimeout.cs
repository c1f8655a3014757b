namespace TunnelRpc.Calls;

/// <summary>The timeout of one outgoing call, on the clock of the caller. The caller disposes it when the call has ended.</summary>
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

    /// <summary>Cancelled when the token of the caller is cancelled or the timeout has passed.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Starts the timeout; null when the call has none.</summary>
    public static CallTimeout? Start(
        CallSettings? settings, TunnelMethod method, TimeProvider timeProvider, CancellationToken callerToken) =>
        settings?.Timeout is TimeSpan timeout ? new CallTimeout(method, timeout, timeProvider, callerToken) : null;

    /// <summary>
    /// The exception that the caller gets for a cancellation of <see cref="Token"/>: with its own token, or DeadlineExceeded.
    /// </summary>
    /// <param name="cancelled">The cancellation.</param>
    /// <param name="wasSent">Whether the whole CALL was sent.</param>
    public Exception TranslateCancellation(OperationCanceledException cancelled, bool wasSent)
    {
        if (_callerToken.IsCancellationRequested)
        {
            return new OperationCanceledException($"{_method} was cancelled.", cancelled, _callerToken);
        }

        return _timer.IsCancellationRequested
            ? new TunnelException(
                TunnelStatus.DeadlineExceeded,
                $"{_method} did not end within its timeout of {_timeout}. {(wasSent ? "It may have run." : "It was not sent.")}")
            {
                Outcome = wasSent ? TunnelCallOutcome.Unknown : TunnelCallOutcome.NotSent,
                IsOfCall = true,
            }
            : cancelled;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
