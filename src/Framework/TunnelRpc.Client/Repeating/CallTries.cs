using TunnelRpc.Calls;
using TunnelRpc.Client.Negotiation;

namespace TunnelRpc.Client.Repeating;

/// <summary>
/// One call and how often it was made: whether it may be made again, and how much time is left to it. A value of the method that makes the
/// call, so that it costs no allocation; not copied.
/// </summary>
internal struct CallTries
{
    /// <summary>A call meets so many lost sessions, and fails with the next one.</summary>
    public const int MaxRepeats = 4;

    private readonly TunnelClient _client;
    private readonly TunnelCallOptions? _options;
    private readonly TunnelMethod _method;
    private readonly OrderedCall? _order;

    // The clock's reading at the call's start; only where there is a deadline.
    private readonly long _start;

    private int _repeats;
    private bool _isLate;
    private TunnelException? _lost;

    public CallTries(TunnelClient client, TunnelCallOptions? options, TunnelMethod method)
    {
        _client = client;
        _options = options;
        _method = method;
        _start = Deadline is null ? 0 : client.TimeProvider.GetTimestamp();
        _order = method.IsOrdered ? client.OrderedCalls.Begin(method.Service) : null;
    }

    private readonly TimeSpan? Deadline => _options?.Deadline ?? _method.Deadline;

    /// <summary>Gives the client's session, which it makes when there is none, within the call's deadline.</summary>
    /// <exception cref="TunnelException">There is no session to be had, or not in time.</exception>
    public ValueTask<TunnelPeer> ConnectAsync(CancellationToken cancellationToken)
    {
        _isLate = true;
        return ConnectAsync(_client, _method, TimeLeft(), _lost, cancellationToken);
    }

    /// <summary>Calls <paramref name="peer"/> with the call's options, and with what is left of its deadline.</summary>
    /// <exception cref="TunnelException">Nothing is left of it.</exception>
    public readonly TunnelInvoker Through(TunnelPeer peer)
    {
        TunnelCallOptions? options = _options;
        if (_isLate && Deadline is not null)
        {
            options = (options ?? new TunnelCallOptions()) with { Deadline = TimeLeft() };
        }

        return options is null ? peer.Direct : peer.Direct.With(options);
    }

    /// <summary>Whether a failed call is to be made again; counts it when it is.</summary>
    /// <param name="lost">How it failed.</param>
    /// <param name="peer">Where it was made.</param>
    public bool MayRepeat(TunnelException lost, TunnelPeer peer)
    {
        bool runsOnce = lost.Outcome == TunnelCallOutcome.NotSent
            || (lost.Outcome == TunnelCallOutcome.Unknown && _method is { IsIdempotent: true, HasReferences: false });
        if (!runsOnce
            || lost.Status != TunnelStatus.Unavailable
            || !peer.IsGone
            || !_client.RepeatsLostCalls
            || _repeats == MaxRepeats
            || _order is { IsAlone: false })
        {
            return false;
        }

        _repeats++;
        _isLate = true;

        // Once it may have run, that holds, whatever becomes of it on later sessions.
        _lost = _lost is { Outcome: not TunnelCallOutcome.NotSent } ? _lost : lost;
        return true;
    }

    /// <summary>The call is over.</summary>
    public readonly void End() => _order?.End();

    private readonly TimeSpan? TimeLeft()
    {
        TimeSpan? left = Deadline is TimeSpan own ? own - _client.TimeProvider.GetElapsedTime(_start) : null;
        if (TunnelCallContext.Current?.RemainingTime is TimeSpan served && !(left < served))
        {
            left = served;
        }

        return left <= TimeSpan.Zero ? throw TooLate(_method, _lost) : left;
    }

    private static async ValueTask<TunnelPeer> ConnectAsync(
        TunnelClient client, TunnelMethod method, TimeSpan? left, TunnelException? lost, CancellationToken cancellationToken)
    {
        using CancellationTokenSource? timer = left is TimeSpan time ? new CancellationTokenSource(time, client.TimeProvider) : null;
        using CancellationTokenSource? linked = timer is null ? null : CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await client.GetPeerAsync(linked?.Token ?? cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (linked is not null)
        {
            throw cancellationToken.IsCancellationRequested
                ? new OperationCanceledException(cancelled.Message, cancelled, cancellationToken)
                : TooLate(method, lost);
        }
        catch (TunnelConnectException failed) when (lost is { Outcome: not TunnelCallOutcome.NotSent })
        {
            // It was made before, and may have run.
            throw new TunnelConnectException(failed.Report, lost) { Outcome = lost.Outcome };
        }
    }

    private static TunnelException TooLate(TunnelMethod method, TunnelException? lost)
    {
        TunnelCallOutcome outcome = lost?.Outcome ?? TunnelCallOutcome.NotSent;
        string consequence = outcome == TunnelCallOutcome.NotSent ? "It was not sent." : "It may have run.";
        return new TunnelException(
            TunnelStatus.DeadlineExceeded, $"The deadline of {method} passed while there was no session. {consequence}", lost)
        {
            Outcome = outcome,
        };
    }
}
