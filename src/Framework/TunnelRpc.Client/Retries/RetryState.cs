using TunnelRpc.Calls;

namespace TunnelRpc.Client.Retries;

/// <summary>
/// One call and how often it was made: whether it may be made again, and how much time is left to it. A value of the method that makes the
/// call, so that it costs no allocation; not copied.
/// </summary>
internal struct RetryState
{
    /// <summary>A call meets so many lost sessions, and fails with the next one.</summary>
    public const int MaxRetries = 4;

    private readonly TunnelClient _client;
    private readonly TunnelCallOptions? _options;
    private readonly TunnelMethod _method;
    private readonly OrderedCall? _orderedCall;

    // The clock's reading at the call's start; only where there is a deadline.
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

    /// <summary>Gives the client's session, which it makes when there is none, within the call's deadline.</summary>
    /// <exception cref="TunnelException">There is no session to be had, or not in time.</exception>
    public ValueTask<TunnelPeer> ConnectAsync(CancellationToken cancellationToken)
    {
        _hasWaited = true;
        return ConnectAsync(_client, _method, GetRemainingTime(), _previousFailure, cancellationToken);
    }

    /// <summary>Calls <paramref name="peer"/> with the call's options, and with what is left of its deadline.</summary>
    /// <exception cref="TunnelException">Nothing is left of it.</exception>
    public readonly TunnelInvoker GetInvoker(TunnelPeer peer)
    {
        TunnelCallOptions? options = _options;
        if (_hasWaited && Timeout is not null)
        {
            options = (options ?? new TunnelCallOptions()) with { Timeout = GetRemainingTime() };
        }

        return options is null ? peer.UnfilteredInvoker : peer.UnfilteredInvoker.With(options);
    }

    /// <summary>Whether a failed call is to be made again; counts it when it is.</summary>
    /// <param name="failure">How it failed.</param>
    /// <param name="peer">Where it was made.</param>
    public bool TryBeginRetry(TunnelException failure, TunnelPeer peer)
    {
        bool runsOnce = failure.Outcome == TunnelCallOutcome.NotSent
            || (failure.Outcome == TunnelCallOutcome.Unknown && _method is { IsIdempotent: true, HasReferences: false });
        if (!runsOnce
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

        // Once it may have run, that holds, whatever becomes of it on later sessions.
        _previousFailure = _previousFailure is { Outcome: not TunnelCallOutcome.NotSent } ? _previousFailure : failure;
        return true;
    }

    /// <summary>The call is over.</summary>
    public readonly void Complete() => _orderedCall?.End();

    private readonly TimeSpan? GetRemainingTime()
    {
        TimeSpan? left = Timeout is TimeSpan own ? own - _client.TimeProvider.GetElapsedTime(_startTimestamp) : null;
        if (TunnelCallContext.Current?.RemainingTime is TimeSpan served && !(left < served))
        {
            left = served;
        }

        return left <= TimeSpan.Zero ? throw CreateDeadlineExceededException(_method, _previousFailure) : left;
    }

    private static async ValueTask<TunnelPeer> ConnectAsync(
        TunnelClient client, TunnelMethod method, TimeSpan? remaining, TunnelException? previousFailure, CancellationToken cancellationToken)
    {
        using CancellationTokenSource? timer = remaining is TimeSpan time ? new CancellationTokenSource(time, client.TimeProvider) : null;
        using CancellationTokenSource? linked = timer is null ? null : CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
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
            // It was made before, and may have run.
            throw new TunnelConnectException(failed.Report, previousFailure) { Outcome = previousFailure.Outcome };
        }
    }

    private static TunnelException CreateDeadlineExceededException(TunnelMethod method, TunnelException? previousFailure)
    {
        TunnelCallOutcome outcome = previousFailure?.Outcome ?? TunnelCallOutcome.NotSent;
        string consequence = outcome == TunnelCallOutcome.NotSent ? "It was not sent." : "It may have run.";
        return new TunnelException(
            TunnelStatus.DeadlineExceeded, $"The deadline of {method} passed while there was no session. {consequence}", previousFailure)
        {
            Outcome = outcome,
        };
    }
}
