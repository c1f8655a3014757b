using System.Diagnostics;
using System.Security.Claims;
using TunnelRpc.Accounting;
using TunnelRpc.Calls;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Hosting;

/// <summary>A session of a server. Thread-safe, except where a member says otherwise.</summary>
/// <param name="peer">The other side of the session.</param>
/// <param name="info">The information that applications get about the session.</param>
/// <param name="unregistered">The source of <see cref="TunnelSessionInfo.Completion"/>; set by <see cref="OnUnregistered"/>.</param>
/// <param name="options">The times of the expiry of the user's authentication.</param>
/// <param name="events">Notifies the observers of the session; null if there are none.</param>
/// <param name="partitions">The user and the address that the session counts for, until its calls have ended; null for none. Owned.</param>
[DebuggerDisplay("{Info.Id,nq} over {Info.Transport,nq}, Busy = {Peer.IsBusy}, Unregistered = {IsUnregistered}")]
internal sealed class ServerSession(
    TunnelPeer peer,
    TunnelSessionInfo info,
    TaskCompletionSource unregistered,
    TunnelServerOptions options,
    SessionEventQueue? events = null,
    PartitionSet? partitions = null)
    : IRegisteredSession
{
    private readonly Lock _refreshGate = new();

    // Guarded by _refreshGate. The expiry is created with the first authentication that expires, unless the session has ended.
    private long _lastRefresh;
    private UserExpiry? _expiry;
    private bool _isExpiryDisposed;

    // Changed atomically: 1 when the session runs, so that a server that stops closes it.
    private int _isRunning;

    private LazySignal _completion;

    // Created on the first use, since most sessions are in no group. Guarded by the gate of SessionGroups.
    private HashSet<string>? _groups;

    /// <summary>The other side of the session.</summary>
    public TunnelPeer Peer => peer;

    /// <inheritdoc/>
    public TunnelSession Session => peer.Session;

    /// <summary>The information that applications get about the session.</summary>
    public TunnelSessionInfo Info => info;

    /// <summary>Notifies the observers of the session; null if there are none.</summary>
    public SessionEventQueue? Events => events;

    /// <summary>The user and the address that the session counts for: those of its first path; null for none.</summary>
    public PartitionSet? Partitions => partitions;

    /// <summary>The session as one of those that a broadcast calls.</summary>
    public BroadcastMember Member { get; } = new(info.Id, peer.Invoker, peer);

    /// <summary>
    /// Completes, without an exception, when the session and all its calls have ended and the session is unregistered; also for a session
    /// that was removed before it started.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>Whether the session was removed from its registry.</summary>
    public bool IsUnregistered => unregistered.Task.IsCompleted;

    /// <summary>Whether the session runs: the handshake of its first path is complete.</summary>
    public bool IsRunning => Volatile.Read(ref _isRunning) != 0;

    /// <summary>The names of the groups of which the session is a member. Guarded by the gate of <see cref="SessionGroups"/>.</summary>
    public HashSet<string> Groups => _groups ??= new(StringComparer.Ordinal);

    /// <summary>The session is on a path, whose user is the session's: its claims and expiry count from now on.</summary>
    public void OnPathAuthenticated()
    {
        lock (_refreshGate)
        {
            OnAuthenticated();
        }
    }

    /// <summary>
    /// Replaces the authentication of the user by a newer one of the same user. Calls that arrive from now on have it. Running calls keep
    /// theirs.
    /// </summary>
    /// <param name="number">The number of the refresh; higher than that of every refresh before.</param>
    /// <param name="user">The user.</param>
    /// <param name="expires">When the authentication expires; null for never.</param>
    /// <returns>False, without a change, if the user is another one, or the number is not higher.</returns>
    public bool RefreshUser(long number, ClaimsPrincipal? user, DateTimeOffset? expires)
    {
        lock (_refreshGate)
        {
            if (number <= _lastRefresh || user is null || !Session.Paths.TryReplaceUser(user, expires))
            {
                return false;
            }

            _lastRefresh = number;
            OnAuthenticated();
            return true;
        }
    }

    /// <summary>Called when the session runs, before the server checks whether it stops: a full fence.</summary>
    public void OnRunning() => Interlocked.Exchange(ref _isRunning, 1);

    /// <summary>The session has ended: its user's expiry is not enforced any more.</summary>
    public ValueTask DisposeExpiryAsync()
    {
        lock (_refreshGate)
        {
            _isExpiryDisposed = true;
            return _expiry?.DisposeAsync() ?? ValueTask.CompletedTask;
        }
    }

    /// <summary>Called when the registry and the groups no longer contain the session. Calls of the session may still run.</summary>
    public void OnUnregistered()
    {
        partitions?.Release(PartitionResource.Session);
        unregistered.TrySetResult();
    }

    /// <summary>Called when the session and all its calls have ended. Completes <see cref="Completion"/>.</summary>
    public void OnCompleted()
    {
        partitions?.Dispose();
        _completion.Set();
    }

    // Called under _refreshGate.
    private void OnAuthenticated()
    {
        TransportConnectionInfo connection = Session.Parameters.Connection;
        info.User = connection.User;
        if (connection.UserExpires is not null && options.EnforceUserExpiry && !_isExpiryDisposed)
        {
            _expiry ??= new UserExpiry(peer, options);
        }

        _expiry?.Set(connection.UserExpires);
    }
}
