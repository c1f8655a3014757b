using System.Collections.Concurrent;
using System.Diagnostics;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Hosting;

/// <summary>
/// The sessions of a server and their groups. Adds the session of a handshake, finds it for resumption, removes it, enumerates the
/// sessions, enforces <see cref="TunnelServerLimits.MaxSessions"/>, and drains all sessions when the server shuts down. Thread-safe.
/// </summary>
/// <remarks>
/// A session is registered from <see cref="Add"/> until <see cref="Remove"/>, while it has a path and while it waits for one. The registry
/// does not end sessions that it removes.
/// </remarks>
[DebuggerDisplay("Sessions = {Count}, ShuttingDown = {IsShuttingDown}")]
internal sealed class SessionRegistry : ISessionRegistry
{
    private readonly TunnelServerOptions _options;
    private readonly MemoryLoadShedder _loadShedder;
    private readonly ServerMetrics _metrics;
    private readonly Func<SessionParameters, ITransportConnection, ReceiveBuffer, ServerSession> _createSession;
    private readonly ConcurrentDictionary<string, ServerSession> _sessions = new();

    // Changed atomically. The number of entries of _sessions, plus the sessions that Add is adding or about to refuse.
    private int _reservedCount;

    // Changed atomically: 1 while AbortDisconnectedSessions runs.
    private int _isAborting;

    // Set once, before the sessions are drained. Read by handshakes without a lock.
    private volatile bool _isShuttingDown;

    /// <param name="options">The options of the server.</param>
    /// <param name="loadShedder">Refuses new sessions when the sessions use too much memory.</param>
    /// <param name="metrics">Counts refused sessions.</param>
    /// <param name="createSession">
    /// Creates the session that a handshake has negotiated. Called at most once per handshake; it must not start the session.
    /// </param>
    public SessionRegistry(
        TunnelServerOptions options,
        MemoryLoadShedder loadShedder,
        ServerMetrics metrics,
        Func<SessionParameters, ITransportConnection, ReceiveBuffer, ServerSession> createSession)
    {
        _options = options;
        _loadShedder = loadShedder;
        _metrics = metrics;
        _createSession = createSession;
        Users = new SessionUsers(options);
        Groups = new SessionGroups(Find, options.Limits.MaxGroupsPerSession);
    }

    /// <summary>
    /// The registered sessions. The enumeration is not a snapshot: it may or may not contain sessions that are added or removed in the
    /// meantime.
    /// </summary>
    public IEnumerable<ServerSession> Sessions => _sessions.Values;

    /// <summary>A snapshot of the ids of the registered sessions.</summary>
    public IReadOnlyCollection<string> SessionIds => [.. _sessions.Keys];

    /// <summary>The number of registered sessions.</summary>
    public int Count => _sessions.Count;

    /// <summary>The users of the registered sessions.</summary>
    public SessionUsers Users { get; }

    /// <summary>The groups of the registered sessions.</summary>
    public SessionGroups Groups { get; }

    /// <summary>Whether the registry refuses new sessions because the server shuts down.</summary>
    public bool IsShuttingDown => _isShuttingDown;

    /// <inheritdoc/>
    public TimeSpan ResumeWindow => _options.ResumeWindow;

    /// <summary>The refusal of a server that shuts down.</summary>
    public static TunnelException CreateShuttingDownException() =>
        new(TunnelStatus.Unavailable, "The server is shutting down. Retry later or use another address.");

    /// <inheritdoc/>
    public void Admit()
    {
        if (_isShuttingDown)
        {
            throw CreateShuttingDownException();
        }

        _loadShedder.ThrowIfNearLimit();
        if (Volatile.Read(ref _reservedCount) >= _options.Limits.MaxSessions)
        {
            // Sessions without a path make way for clients that have one. The capacity is free when the client retries.
            AbortDisconnectedSessions();
            throw CreateTooManySessionsException();
        }
    }

    /// <summary>Adds a new session. The session is not started.</summary>
    /// <inheritdoc cref="ISessionRegistry.Add"/>
    public ServerSession Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer)
    {
        _loadShedder.ThrowIfNearLimit();
        if (Interlocked.Increment(ref _reservedCount) > _options.Limits.MaxSessions)
        {
            // Other handshakes have completed since Admit.
            Interlocked.Decrement(ref _reservedCount);
            throw CreateTooManySessionsException();
        }

        if (_isShuttingDown)
        {
            // The shutdown has started since Admit.
            Interlocked.Decrement(ref _reservedCount);
            throw CreateShuttingDownException();
        }

        ServerSession session = _createSession(parameters, connection, receiveBuffer);
        _sessions[parameters.Id] = session;
        Users.Add(session);
        return session;
    }

    /// <summary>Finds a session by its id; null when no such session is registered.</summary>
    public ServerSession? Find(string id) => _sessions.GetValueOrDefault(id);

    /// <summary>Removes a session from the registry and from its groups. Returns false if it is not registered.</summary>
    public bool Remove(ServerSession session)
    {
        if (!_sessions.TryRemove(KeyValuePair.Create(session.Info.Id, session)))
        {
            return false;
        }

        Interlocked.Decrement(ref _reservedCount);
        Groups.RemoveFromAll(session);
        Users.Remove(session);
        session.OnUnregistered();
        return true;
    }

    /// <summary>Refuses new sessions from now on. Registered sessions can still be resumed. Can be called any number of times.</summary>
    public void BeginShutdown() => _isShuttingDown = true;

    /// <summary>
    /// Drains every session, including those that are added in the meantime. All sessions are drained at the same time, since a call of one
    /// session may call the client of another. Completes, without an exception, when no session runs calls any more.
    /// </summary>
    /// <param name="reason">The reason that the clients, and calls that are not made any more, get.</param>
    public async Task DrainAsync(string reason)
    {
        HashSet<ServerSession> drained = [];
        while (_sessions.Values.Where(drained.Add).ToArray() is { Length: > 0 } sessions)
        {
            await Task.WhenAll(sessions.Select(session => session.Peer.DrainAsync(reason))).ConfigureAwait(false);
        }
    }

    /// <summary>Completes, without an exception, when every session that is registered now has ended with all its calls.</summary>
    public Task WaitForCompletionAsync() => Task.WhenAll(_sessions.Values.Select(session => session.Completion));

    IRegisteredSession ISessionRegistry.Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer) =>
        Add(parameters, connection, receiveBuffer);

    void ISessionRegistry.Remove(IRegisteredSession session)
    {
        var added = (ServerSession)session;
        added.Peer.AbortBeforeStart(new TunnelException(TunnelStatus.Unavailable, "The path was disconnected during the handshake."));
        Remove(added);
        added.OnCompleted();
    }

    IRegisteredSession? ISessionRegistry.Find(Guid id) => Find(id.ToString("N"));

    /// <summary>
    /// Ends sessions without a path, those that have been without one for the longest first: one hundredth of
    /// <see cref="TunnelServerLimits.MaxSessions"/>, at least one. Does nothing while another thread does the same.
    /// </summary>
    private void AbortDisconnectedSessions()
    {
        if (Interlocked.Exchange(ref _isAborting, 1) != 0)
        {
            return;
        }

        try
        {
            var disconnected = _sessions.Values
                .Select(s => (s.Session, Duration: s.Session.Paths.DisconnectedDuration))
                .Where(s => s.Duration is not null)
                .OrderByDescending(s => s.Duration)
                .Take(Math.Max(1, _options.Limits.MaxSessions / 100));
            foreach ((TunnelSession session, _) in disconnected)
            {
                session.End(new TunnelException(
                    TunnelStatus.ResourceExhausted,
                    $"The server has reached its limit of {_options.Limits.MaxSessions} sessions (limit MaxSessions). "
                    + "It ended this session, which had no path."));
            }
        }
        finally
        {
            Volatile.Write(ref _isAborting, 0);
        }
    }

    private TunnelException CreateTooManySessionsException()
    {
        _metrics.OnSessionRefused(nameof(TunnelServerLimits.MaxSessions));
        return new TunnelException(
            TunnelStatus.ResourceExhausted,
            $"The server has reached its limit of {_options.Limits.MaxSessions} sessions (limit MaxSessions). "
            + "Retry later or use another address.");
    }
}
