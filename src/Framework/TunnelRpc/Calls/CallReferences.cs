using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The references that travel with one call. Used by one message at a time.</summary>
/// <param name="peer">The peer.</param>
/// <param name="givesAway">Whether what is passed goes with the answer, and outlives the call: until the peer releases it.</param>
/// <param name="answersStream">The number of the call that is answered; 0 for a call of this side.</param>
internal sealed class CallReferences(TunnelPeer peer, bool givesAway, ulong answersStream) : ReferenceScope
{
    private readonly List<long> _exported = [];
    private List<IAsyncDisposable>? _works;

    public bool GivesAway => givesAway;

    public ulong AnswersStream => answersStream;

    /// <summary>Completes what must be complete before the answer goes out.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        foreach (IAsyncDisposable work in _works ?? [])
        {
            await work.DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _works = null;
    }

    /// <summary>The call has ended in order: returns when its streams, elements and progress are not used any more, or the caller gives up.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        List<Task> uses = [.. _exported.Select(peer.References.Find).Where(r => r is { OutlivesCall: false, Target: ICallBound }).Select(r => r!.Idle)];
        End();
        await Task.WhenAll(uses).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The call is over: what travelled with it can be called no longer.</summary>
    /// <param name="all">Also what was given away: the answer has not gone out.</param>
    public void End(bool all = false)
    {
        if (_exported.Count > 0)
        {
            peer.References.EndCall(_exported, all);
        }
    }

    internal override long Export<TService>(IReadOnlyList<TunnelMethod<TService>> methods, TService target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target is ITunnelStub { Invoker: RemoteInvoker { Reference: > 0 } own } && own.Peer == peer)
        {
            // The peer's own object goes back to it.
            return -own.Reference;
        }

        long number = peer.References.Add(methods, target, this);
        _exported.Add(number);
        return number;
    }

    internal override TunnelInvoker Import(long number) => number > 0
        ? new RemoteInvoker(peer, null, number)
        : throw new MessagePackException($"Expected the number of a reference, got {number}.");

    internal override TService Return<TService>(long number) => peer.References.Find(-number)?.Target as TService
        ?? throw new MessagePackException($"Expected the number of a reference that was passed as {typeof(TService).Name} and is still held, got {-number}.");

    internal override void CompleteBeforeAnswer(IAsyncDisposable work)
    {
        // What comes back with an answer of the peer is its receiver's to dispose.
        if (givesAway)
        {
            (_works ??= []).Add(work);
        }
    }
}
