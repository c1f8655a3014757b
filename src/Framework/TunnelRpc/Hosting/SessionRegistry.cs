using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Hosting;

/// <summary>
/// The sessions of a server and their groups. Adds the session of a handshake, finds it for resumption, removes it, enumerates the
/// sessions, enforces <see cref="TunnelServerLimits.MaxSessions"/> and the limits of sessions of each user and address, and drains all
/// sessions when the server shuts down. Thread-safe.
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
    private readonly ClientPartitions _partitions;
    private readonly ServerMetrics _metrics;
    private readonly Func<SessionParameters, ITransportConnection, ReceiveBuffer, PartitionSet, ServerSession> _createSession;
    private readonly ConcurrentDictionary<string, ServerSession> _sessions = new();

    // The sessions that were removed and are not complete. A session is added before it leaves _sessions.
    private readonly ConcurrentDictionary<ServerSession, bool> _ending = new();
    private readonly ILogger _logger;

    // Changed atomically. The number of entries of _sessions, plus the sessions that Add is adding or about to refuse.
    private int _reservedCount;

    // Changed atomically: 1 while AbortDisconnectedSessions runs.
    private int _isAborting;

    // Written by AbortDisconnectedSessions: the timestamp before which it does not search again, since the last search has found nothing.
    private long _pauseEndTimestamp = long.MinValue;

    // Set once, before the sessions are drained. Read by handshakes without a lock.
    private volatile bool _isShuttingDown;

    /// <param name="options">The options of the server.</param>
    /// <param name="loadShedder">Refuses new sessions when the sessions use too much memory.</param>
    /// <param name="partitions">What each user and each address uses.</param>
    /// <param name="metrics">Counts refused sessions.</param>
    /// <param name="logger">The server's log.</param>
    /// <param name="createSession">
    /// Creates the session that a handshake has negotiated. Called at most once per handshake; it must not start the session, which owns
    /// the set of partitions.
    /// </param>
    public SessionRegistry(
        TunnelServerOptions options,
        MemoryLoadShedder loadShedder,
        ClientPartitions partitions,
        ServerMetrics metrics,
        ILogger logger,
        Func<SessionParameters, ITransportConnection, ReceiveBuffer, PartitionSet, ServerSession> createSession)
    {
        _options = options;
        _loadShedder = loadShedder;
        _partitions = partitions;
        _metrics = metrics;
        _logger = logger;
        _createSession = createSession;
        partitions.ReturnUnusedGrants = ReturnUnusedGrants;
        WithoutPath = new SessionsWithoutPath(options.Limits, EndWithoutPath);
        Users = new SessionUsers();
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

    /// <summary>The registered sessions that are without a path.</summary>
    public SessionsWithoutPath WithoutPath { get; }

    /// <summary>Whether the registry refuses new sessions because the server shuts down.</summary>
    public bool IsShuttingDown => _isShuttingDown;

    /// <inheritdoc/>
    public TimeSpan ResumeWindow => _options.ResumeWindow;

    /// <summary>The refusal of a server that shuts down.</summary>
    public static TunnelException CreateShuttingDownException() =>
        new(TunnelStatus.Unavailable, "The server is shutting down. Retry later or use another address.");

    /// <inheritdoc/>
    public void Admit(TransportConnectionInfo connection)
    {
        if (_isShuttingDown)
        {
            throw CreateShuttingDownException();
        }

        using PartitionSet partitions = _partitions.Rent(connection.User, connection.RemoteEndPoint);
        if ((partitions.AcquireRate(PartitionRate.NewSessions) ?? partitions.CheckBytes()) is { } refusal)
        {
            throw refusal.ToException();
        }

        _loadShedder.ThrowIfExhausted();

        // Sessions without a path make way for clients that have one. They have ended when the handshake has completed.
        if (partitions.FindFull(PartitionResource.Session) is { } full
            && !AbortDisconnectedSessions(full, full.Limits.MaxSessions, full.Limits.NameOf(nameof(full.Limits.MaxSessions))))
        {
            throw partitions.Report(full.RefuseFor(PartitionResource.Session)).ToException();
        }

        if (Volatile.Read(ref _reservedCount) >= _options.Limits.MaxSessions
            && !AbortDisconnectedSessions(null, _options.Limits.MaxSessions, nameof(TunnelServerLimits.MaxSessions)))
        {
            throw CreateTooManySessionsException();
        }
    }

    /// <summary>Adds a new session. The session is not started.</summary>
    /// <inheritdoc cref="ISessionRegistry.Add"/>
    public ServerSession Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer)
    {
        _loadShedder.ThrowIfExhausted();
        PartitionSet partitions = _partitions.Rent(parameters.Connection.User, parameters.Connection.RemoteEndPoint);
        try
        {
            if (partitions.Acquire(PartitionResource.Session) is { } refusal)
            {
                // Other handshakes have completed since Admit, as below.
                throw refusal.ToException();
            }

            try
            {
                Reserve();
                return Create(parameters, connection, receiveBuffer, partitions);
            }
            catch
            {
                partitions.Release(PartitionResource.Session);
                throw;
            }
        }
        catch
        {
            partitions.Dispose();
            throw;
        }
    }

    /// <summary>Finds a session by its id; null when no such session is registered.</summary>
    public ServerSession? Find(string id) => _sessions.GetValueOrDefault(id);

    /// <summary>Removes a session from the registry and from its groups. Returns false if it is not registered.</summary>
    public bool Remove(ServerSession session)
    {
        _ending.TryAdd(session, true);
        if (!_sessions.TryRemove(KeyValuePair.Create(session.Info.Id, session)))
        {
            return false;
        }

        Interlocked.Decrement(ref _reservedCount);
        Groups.RemoveFromAll(session);
        Users.Remove(session);
        session.OnUnregistered();
        WithoutPath.Remove(session);
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

    /// <summary>Sets <see cref="ServerSession.Completion"/> of a session that was removed.</summary>
    public void Complete(ServerSession session)
    {
        session.OnCompleted();
        _ending.TryRemove(session, out _);
    }

    /// <summary>
    /// Completes, without an exception, when every session that is registered now, or was removed and is not complete, has ended with all
    /// its calls.
    /// </summary>
    public Task WaitForCompletionAsync()
    {
        // In this order: a session that is removed between the two statements is in one of them.
        ServerSession[] registered = [.. _sessions.Values];
        return Task.WhenAll(registered.Concat(_ending.Keys).Select(session => session.Completion));
    }

    IRegisteredSession ISessionRegistry.Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer) =>
        Add(parameters, connection, receiveBuffer);

    void ISessionRegistry.Remove(IRegisteredSession session)
    {
        var added = (ServerSession)session;
        added.Peer.AbortBeforeStart(new TunnelException(TunnelStatus.Unavailable, "The path was disconnected during the handshake."));
        Remove(added);
        Complete(added);
    }

    IRegisteredSession? ISessionRegistry.Find(Guid id) => Find(id.ToString("N"));

    /// <summary>The sessions of a partition return the grants of calls that they do not use. Returns their number.</summary>
    private int ReturnUnusedGrants(ClientPartition partition)
    {
        int returned = 0;
        foreach ((_, ServerSession session) in _sessions)
        {
            if (session.Partitions?.User == partition || session.Partitions?.Address == partition)
            {
                returned += session.Peer.Multiplexer.IncomingCalls.ReturnUnusedGrants();
            }
        }

        return returned;
    }

    private void EndWithoutPath(ServerSession session, string limitName, int limit)
    {
        TimeSpan duration = session.Session.Paths.DisconnectedDuration ?? TimeSpan.Zero;
        _metrics.OnSessionAborted(limitName);
        HostingLog.SessionWithoutPathEnded(_logger, session.Info.Id, duration, limit, limitName);
        session.Session.End(new TunnelException(
            TunnelStatus.ResourceExhausted,
            $"Expected at most {limit} sessions without a path, got one more (limit {limitName}). The server ended this session, which had "
            + "been without a path for the longest."));
    }

    private void Reserve()
    {
        if (Interlocked.Increment(ref _reservedCount) > _options.Limits.MaxSessions)
        {
            Interlocked.Decrement(ref _reservedCount);
            throw CreateTooManySessionsException();
        }
    }

    /// <summary>Creates and registers a session for which <see cref="Reserve"/> was called.</summary>
    private ServerSession Create(
        SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer, PartitionSet partitions)
    {
        try
        {
            if (_isShuttingDown)
            {
                // The shutdown has started since Admit.
                throw CreateShuttingDownException();
            }

            ServerSession session = _createSession(parameters, connection, receiveBuffer, partitions);
            _sessions[parameters.Id] = session;
            Users.Add(session);
            return session;
        }
        catch
        {
            Interlocked.Decrement(ref _reservedCount);
            throw;
        }
    }

    /// <summary>
    /// Ends sessions without a path, those that have been without one for the longest first: one hundredth of the limit, at least one. Does
    /// nothing while another thread does the same, and for a second after a search that has found none.
    /// </summary>
    /// <param name="partition">The user or the address whose sessions are ended; null for those of all.</param>
    /// <param name="limit">The limit that is reached.</param>
    /// <param name="limitName">Its name.</param>
    /// <returns>Whether sessions were ended, by this or another thread.</returns>
    private bool AbortDisconnectedSessions(ClientPartition? partition, int limit, string limitName)
    {
        if (Interlocked.Exchange(ref _isAborting, 1) != 0)
        {
            return true;
        }

        try
        {
            long now = _options.TimeProvider.GetTimestamp();
            if (now < Volatile.Read(ref _pauseEndTimestamp))
            {
                return false;
            }

            var disconnected = _sessions.Values
                .Where(s => partition is null || s.Partitions?.User == partition || s.Partitions?.Address == partition)
                .Select(s => (s.Session, Duration: s.Session.Paths.DisconnectedDuration))
                .Where(s => s.Duration is not null && !s.Session.IsEnded)
                .OrderByDescending(s => s.Duration)
                .Take(Math.Max(1, limit / 100))
                .ToArray();
            foreach ((TunnelSession session, _) in disconnected)
            {
                session.End(new TunnelException(
                    TunnelStatus.ResourceExhausted,
                    $"The limit of {limit} sessions is reached (limit {limitName}). The server ended this session, which had no path."));
            }

            Volatile.Write(
                ref _pauseEndTimestamp, disconnected.Length > 0 ? long.MinValue : now + _options.TimeProvider.TimestampFrequency);
            return disconnected.Length > 0;
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
