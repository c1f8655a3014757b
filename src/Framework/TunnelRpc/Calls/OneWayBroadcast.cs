using System.Runtime.ExceptionServices;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0067-slow-members-of-broadcasts.md, docs/adr/0068-broadcasts-are-encoded-once.md
/// <summary>One broadcast of a one-way call. Used once; not thread-safe.</summary>
/// <param name="method">The method.</param>
/// <param name="args">The arguments.</param>
/// <param name="options">The options of the stub; null for none.</param>
/// <param name="policy">The policy for slow sessions.</param>
/// <param name="timeProvider">The clock of the server.</param>
internal sealed class OneWayBroadcast<TService, TArgs>(
    OneWayMethod<TService, TArgs> method,
    TArgs args,
    TunnelCallOptions? options,
    TunnelBroadcastPolicy policy,
    TimeProvider timeProvider)
    where TService : class
{
    private readonly BroadcastStream _stream = new();
    private readonly CallAffinity _affinity = EncodedCallSender.CurrentAffinity;
    private readonly Dictionary<string, Exception> _failures = [];

    // The calls that are awaited.
    private readonly List<PendingCall> _pending = [];

    // Set by the first session that can share the message: the message, or why there is none.
    private EncodedCall? _encoded;
    private ExceptionDispatchInfo? _encodingError;

    /// <summary>Calls each session.</summary>
    /// <exception cref="TunnelBroadcastException">The call failed at sessions that have not ended.</exception>
    public ValueTask RunAsync(IReadOnlyList<BroadcastMember> members, CancellationToken cancellationToken)
    {
        foreach (BroadcastMember member in members)
        {
            try
            {
                Send(member, cancellationToken);
            }
            catch (Exception error)
            {
                AddFailure(member, error);
            }
        }

        if (_pending.Count > 0)
        {
            return CompleteAsync(members.Count, cancellationToken);
        }

        ThrowIfFailed(members.Count, cancellationToken);
        return default;
    }

    private void Send(BroadcastMember member, CancellationToken cancellationToken)
    {
        if (member.Peer is not { } peer)
        {
            Await(member, null, CaptureFailureAsync(member, null, isShared: false, ownsQueue: false, cancellationToken));
            return;
        }

        bool isShared = member.CanShareMessage(method);
        if (isShared)
        {
            Encode(peer);
        }

        if (!peer.Broadcasts.TryEnter())
        {
            if (peer.Broadcasts.TryAdd(method, policy, isShared ? _encoded!.Message.Length : 0) is { } entry)
            {
                Await(member, entry, CaptureFailureAsync(member, entry, isShared, ownsQueue: false, GetToken(cancellationToken)));
            }
            else
            {
                EndIfSlow(peer);
            }
        }
        else if (!isShared || !TrySendAtOnce(peer))
        {
            Await(member, null, CaptureFailureAsync(member, null, isShared, ownsQueue: true, GetToken(cancellationToken)));
        }
    }

    /// <summary>The usual case, without an allocation. False if the call has to wait; the queue is still entered then.</summary>
    private bool TrySendAtOnce(TunnelPeer peer)
    {
        bool isSent = false;
        try
        {
            isSent = EncodedCallSender.TrySendAtOnce(peer.Multiplexer, _stream, _encoded!, _affinity);
            if (!isSent)
            {
                return false;
            }
        }
        catch
        {
            peer.Broadcasts.Exit();
            throw;
        }

        peer.Broadcasts.Exit();
        return true;
    }

    /// <summary>Sends the call when the queue of the session allows it, and returns its failure; null if it was sent or dropped.</summary>
    private async Task<Exception?> CaptureFailureAsync(
        BroadcastMember member, BroadcastEntry? entry, bool isShared, bool ownsQueue, CancellationToken cancellationToken)
    {
        BroadcastQueue? queue = member.Peer?.Broadcasts;
        CallTimeout? timeout = null;
        try
        {
            timeout = CallTimeout.Start(_encoded?.Settings, method, timeProvider, cancellationToken);
            CancellationToken token = timeout?.Token ?? cancellationToken;
            if (entry is not null)
            {
                using CancellationTokenRegistration cancelled = token.UnsafeRegister(_ => queue!.TryDrop(entry, isCounted: false), null);
                ownsQueue = await entry.Task.ConfigureAwait(false);
                if (!ownsQueue)
                {
                    token.ThrowIfCancellationRequested();
                    return null;
                }
            }

            ValueTask sending = isShared
                ? EncodedCallSender.SendAsync(member.Peer!.Multiplexer, _encoded!, token)
                : (options is null ? member.Invoker : member.Invoker.With(options)).InvokeOneWayAsync(method, args, token);
            await sending.ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException cancelled) when (timeout is not null)
        {
            return timeout.TranslateCancellation(cancelled, wasSent: false);
        }
        catch (Exception error)
        {
            return error;
        }
        finally
        {
            timeout?.Dispose();
            if (ownsQueue)
            {
                queue!.Exit();
            }
        }
    }

    /// <summary>The token of a call that is not sent at once: if the caller does not wait for it, it does not cancel it either.</summary>
    private CancellationToken GetToken(CancellationToken cancellationToken) =>
        policy.IsAwaited ? cancellationToken : CancellationToken.None;

    /// <summary>Adds a call to those that are awaited, unless the policy does not wait for it.</summary>
    private void Await(BroadcastMember member, BroadcastEntry? entry, Task<Exception?> task)
    {
        if (policy.IsAwaited || task.IsCompleted || member.Peer is null)
        {
            _pending.Add(new PendingCall(member, entry, task));
        }
    }

    private async ValueTask CompleteAsync(int memberCount, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_pending.Select(p => p.Task)).WaitAsync(policy.Timeout, timeProvider, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (PendingCall call in _pending.Where(p => !p.Task.IsCompleted))
            {
                OnTimeout(call);
            }
        }

        foreach (PendingCall call in _pending.Where(p => p.Task.IsCompleted))
        {
            if (await call.Task.ConfigureAwait(false) is { } error)
            {
                AddFailure(call.Member, error);
            }
        }

        ThrowIfFailed(memberCount, cancellationToken);
    }

    private void OnTimeout(PendingCall call)
    {
        if (call.Member.Peer is { } peer)
        {
            if (call.Entry is { } entry)
            {
                peer.Broadcasts.TryDrop(entry, isCounted: true);
            }

            EndIfSlow(peer);
        }
    }

    private void EndIfSlow(TunnelPeer peer)
    {
        if (policy.Kind == TunnelBroadcastPolicyKind.Disconnect)
        {
            peer.EndSlowSession(method, policy);
        }
    }

    private void Encode(TunnelPeer peer)
    {
        if (_encoded is null && _encodingError is null)
        {
            try
            {
                CallSettings? settings = CallSettings.Resolve(options, method, referenceId: 0, queues: null);
                _encoded = EncodedCall.Create(method, args, settings, peer.Options.Limits.MaxMessageSize);
            }
            catch (Exception error)
            {
                _encodingError = ExceptionDispatchInfo.Capture(error);
            }
        }

        _encodingError?.Throw();
        if (_encoded!.Message.Length > peer.Multiplexer.MaxOutgoingMessageSize)
        {
            TunnelException error = MessageBuffer.CreateTooLargeException(peer.Multiplexer.MaxOutgoingMessageSize);
            throw new TunnelException(error.Status, error.Message) { Outcome = TunnelCallOutcome.NotSent };
        }
    }

    /// <summary>Ignores a session that has ended: the caller of a one-way call does not learn whether it arrives.</summary>
    private void AddFailure(BroadcastMember member, Exception error)
    {
        bool hasEnded = error is TunnelException { Status: TunnelStatus.Unavailable }
            || (error is TunnelException && member.Peer is { Session.IsEnding: true });
        if (!hasEnded)
        {
            _failures[member.SessionId] = error;
        }
    }

    private void ThrowIfFailed(int memberCount, CancellationToken cancellationToken)
    {
        if (_failures.Count > 0)
        {
            // A cancellation by the caller is not reported as failures of the sessions.
            cancellationToken.ThrowIfCancellationRequested();
            throw new TunnelBroadcastException(method.FullName, memberCount, _failures);
        }
    }

    /// <summary>A call that was not sent at once.</summary>
    /// <param name="Member">The session.</param>
    /// <param name="Entry">Its place in the queue; null if it did not have to wait for others.</param>
    /// <param name="Task">Completes with the failure of the call; null for none.</param>
    private readonly record struct PendingCall(BroadcastMember Member, BroadcastEntry? Entry, Task<Exception?> Task);
}
