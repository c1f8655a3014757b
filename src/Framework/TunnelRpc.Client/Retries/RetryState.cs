using TunnelRpc.Calls;

namespace TunnelRpc.Client.Retries;

// Decision: docs/adr/0027-retry-only-what-cannot-run-twice.md
/// <summary>
/// The retries of one call: how often the call was retried, whether it may be retried again, and how much time remains until its deadline.
/// A local value of the method that makes the call, so that it costs no allocation. Not thread-safe; must not be copied while it is in use.
/// </summary>
internal struct RetryState
{
    /// <summary>The most retries of a call: the next interruption fails the call.</summary>
    public const int MaxRetries = 4;

    private readonly TunnelClient _client;
    private readonly TunnelCallOptions? _options;
    private readonly TunnelMethod _method;
    private readonly OrderedCall? _orderedCall;

    // The timestamp of the call's start; only if there is a timeout.
    private readonly long _startTimestamp;

    private int _retryCount;
    private bool _hasWaited;
    private TunnelException? _previousFailure;

    public RetryState(TunnelClient client, TunnelCallOptions? options, TunnelMethod method)
    {
        _client = client;
        _options = options;
        _method = method;
        _startTimestamp = Timeout is null ? 0 : client.TimeProvider.GetTimestamp();
        _orderedCall = method.IsOrdered ? client.OrderedCalls.Begin(method.Service) : null;
    }

    private readonly TimeSpan? Timeout => _options?.Timeout ?? _method.Timeout;

    /// <summary>Returns the peer of the client's session. Connects when there is none, until the call's deadline.</summary>
    /// <exception cref="TunnelConnectException">There is no path to the server.</exception>
    /// <exception cref="TunnelException">The deadline expired.</exception>
    public ValueTask<TunnelPeer> ConnectAsync(CancellationToken cancellationToken)
    {
        _hasWaited = true;
        return ConnectAsync(_client, _method, GetRemainingTime(), _previousFailure, cancellationToken);
    }

    /// <summary>
    /// Returns the invoker for a call at <paramref name="peer"/>, with the call's options and the time that remains until its deadline.
    /// </summary>
    /// <exception cref="TunnelException">The deadline expired.</exception>
    public readonly TunnelInvoker GetInvoker(TunnelPeer peer)
    {
        TunnelCallOptions? options = _options;
        if (_hasWaited && Timeout is not null)
        {
            options = (options ?? new TunnelCallOptions()) with { Timeout = GetRemainingTime() };
        }

        return options is null ? peer.UnfilteredInvoker : peer.UnfilteredInvoker.With(options);
    }

    /// <summary>Returns whether a failed call is retried, and counts the retry.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="peer">The peer that the call was made at.</param>
    public bool TryBeginRetry(TunnelException failure, TunnelPeer peer)
    {
        bool cannotRunTwice = failure.Outcome == TunnelCallOutcome.NotSent
            || (failure.Outcome == TunnelCallOutcome.Unknown && _method is { IsIdempotent: true, HasReferences: false });
        if (!cannotRunTwice
            || failure.Status != TunnelStatus.Unavailable
            || !peer.IsDrainingOrEnding
            || !_client.CanRetryCalls
            || _retryCount == MaxRetries
            || _orderedCall is { HasRunAlone: false })
        {
            return false;
        }

        _retryCount++;
        _hasWaited = true;

        // If the call may have run on one session, its outcome stays unknown, whatever the later sessions report.
        _previousFailure = _previousFailure is { Outcome: not TunnelCallOutcome.NotSent } ? _previousFailure : failure;
        return true;
    }

    /// <summary>The call has ended.</summary>
    public readonly void Complete() => _orderedCall?.End();

    private readonly TimeSpan? GetRemainingTime()
    {
        TimeSpan? remaining = Timeout is TimeSpan timeout ? timeout - _client.TimeProvider.GetElapsedTime(_startTimestamp) : null;

        // A call that is made while serving another call ends with that call's deadline at the latest.
        if (TunnelCallContext.Current?.RemainingTime is TimeSpan outer && !(remaining < outer))
        {
            remaining = outer;
        }

        return remaining <= TimeSpan.Zero ? throw CreateDeadlineExceededException(_method, _previousFailure) : remaining;
    }

    private static async ValueTask<TunnelPeer> ConnectAsync(
        TunnelClient client,
        TunnelMethod method,
        TimeSpan? remaining,
        TunnelException? previousFailure,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource? timer = remaining is TimeSpan time ? new CancellationTokenSource(time, client.TimeProvider) : null;
        using CancellationTokenSource? linked = timer is null
            ? null
            : CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await client.GetPeerAsync(linked?.Token ?? cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (linked is not null)
        {
            throw cancellationToken.IsCancellationRequested
                ? new OperationCanceledException(cancelled.Message, cancelled, cancellationToken)
                : CreateDeadlineExceededException(method, previousFailure);
        }
        catch (TunnelConnectException failed) when (previousFailure is { Outcome: not TunnelCallOutcome.NotSent })
        {
            // The call was sent on an earlier session, and may have run there.
            throw new TunnelConnectException(failed.Report, previousFailure, failed.Status) { Outcome = previousFailure.Outcome };
        }
    }

    private static TunnelException CreateDeadlineExceededException(TunnelMethod method, TunnelException? previousFailure)
    {
        TunnelCallOutcome outcome = previousFailure?.Outcome ?? TunnelCallOutcome.NotSent;
        string consequence = outcome == TunnelCallOutcome.NotSent ? "The call was not sent." : "The call may have run.";
        return new TunnelException(
            TunnelStatus.DeadlineExceeded, $"The deadline of {method} expired while there was no session. {consequence}", previousFailure)
        {
            Outcome = outcome,
        };
    }
}
