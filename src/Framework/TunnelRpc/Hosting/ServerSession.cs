using System.Diagnostics;
using TunnelRpc.Calls;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Hosting;

/// <summary>A session of a server. Thread-safe, except where a member says otherwise.</summary>
/// <param name="peer">The other side of the session.</param>
/// <param name="info">The information that applications get about the session.</param>
/// <param name="unregistered">The source of <see cref="TunnelSessionInfo.Completion"/>; set by <see cref="OnUnregistered"/>.</param>
[DebuggerDisplay("{Info.Id,nq} over {Info.Transport,nq}, Busy = {Peer.IsBusy}, Unregistered = {IsUnregistered}")]
internal sealed class ServerSession(TunnelPeer peer, TunnelSessionInfo info, TaskCompletionSource unregistered) : IRegisteredSession
{
    private LazySignal _completion;

    // Created on the first use, since most sessions are in no group. Guarded by the gate of SessionGroups.
    private HashSet<string>? _groups;

    /// <summary>The other side of the session.</summary>
    public TunnelPeer Peer => peer;

    /// <inheritdoc/>
    public TunnelSession Session => peer.Session;

    /// <summary>The information that applications get about the session.</summary>
    public TunnelSessionInfo Info => info;

    /// <summary>The session as one of the targets of a broadcast.</summary>
    public BroadcastTarget Target { get; } = new(info.Id, peer.Invoker);

    /// <summary>
    /// Completes, without an exception, when the session and all its calls have ended and the session is unregistered; also for a session
    /// that was removed before it started.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>Whether the session was removed from its registry.</summary>
    public bool IsUnregistered => unregistered.Task.IsCompleted;

    /// <summary>The names of the groups of which the session is a member. Guarded by the gate of <see cref="SessionGroups"/>.</summary>
    public HashSet<string> Groups => _groups ??= new(StringComparer.Ordinal);

    /// <summary>Called when the registry and the groups no longer contain the session. Calls of the session may still run.</summary>
    public void OnUnregistered() => unregistered.TrySetResult();

    /// <summary>Called when the session and all its calls have ended. Completes <see cref="Completion"/>.</summary>
    public void OnCompleted() => _completion.Set();
}
