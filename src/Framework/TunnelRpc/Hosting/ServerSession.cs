using TunnelRpc.Calls;
using TunnelRpc.Scheduling;

namespace TunnelRpc.Hosting;

/// <summary>One session of a server.</summary>
internal sealed class ServerSession(TunnelPeer peer, TunnelSessionInfo info, TaskCompletionSource unregistered)
{
    private LazySignal _completion;

    // Most sessions are in none.
    private HashSet<string>? _groups;

    public TunnelPeer Peer => peer;

    public TunnelSessionInfo Info => info;

    public BroadcastTarget Target { get; } = new(info.Id, peer.Invoker);

    /// <summary>Completes, without an exception, when the session is over with every call of it, and forgotten; also when it never began.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Guarded by the gate of <see cref="SessionGroups"/>.</summary>
    public HashSet<string> Groups => _groups ??= new(StringComparer.Ordinal);

    /// <summary>The session is known to nobody any more; calls of it may still run.</summary>
    public void OnUnregistered() => unregistered.TrySetResult();

    /// <summary>Nothing of the session runs any more.</summary>
    public void OnCompleted() => _completion.Set();
}
