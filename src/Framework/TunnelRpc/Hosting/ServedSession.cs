using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>One session of a server.</summary>
internal sealed class ServedSession(TunnelPeer peer, TunnelSessionInfo info, TaskCompletionSource forgotten)
{
    public TunnelPeer Peer => peer;

    public TunnelSessionInfo Info => info;

    public BroadcastTarget Target { get; } = new(info.Id, peer.Invoker);

    /// <summary>Completes, without an exception, when the session is over and forgotten; set as the session starts.</summary>
    public Task Lifetime { get; set; } = Task.CompletedTask;

    /// <summary>Guarded by the gate of <see cref="SessionGroups"/>.</summary>
    public HashSet<string> Groups { get; } = new(StringComparer.Ordinal);

    /// <summary>The session is known to nobody any more.</summary>
    public void End() => forgotten.TrySetResult();
}
