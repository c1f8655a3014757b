using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TunnelRpc.Accounting;
using TunnelRpc.Calls;
using TunnelRpc.Diagnostics;
using TunnelRpc.Hosting;
using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc;

/// <summary>
/// Serves the registered contracts on connections that a host accepts, and knows the sessions that are connected. Made by
/// the service provider; thread-safe.
/// </summary>
public sealed class TunnelServer : ISessionRegistry, IAsyncDisposable
{
    private const string StoppingReason = "The server is stopping.";

    private readonly TunnelServerOptions _options;
    private readonly FilterSet _filters;
    private readonly DispatchTable _table;
    private readonly ILogger _logger;
    private readonly ServerMetrics _metrics;
    private readonly MemoryLoadShedder _loadShedder;
    private readonly ConcurrentDictionary<string, ServerSession> _registered = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Guid _instanceId = new(RandomNumberGenerator.GetBytes(16));

    // Changed atomically. _sessions is the number of _registered, and never above the limit but for those about to be refused.
    private int _pendingHandshakes;
    private int _sessionCount;

    // Exchanged atomically: 1 while sessions are looked through.
    private int _isShedding;

    // Guarded by _gate.
    private Task? _stopTask;

    // Set once, before _stop: handshakes see it without the gate.
    private volatile bool _isStopping;

    /// <summary>Called by the service provider.</summary>
    public TunnelServer(IOptions<TunnelServerOptions> options, IServiceProvider services, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        _options = options.Value;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("TunnelRpc.Server");
        _metrics = new ServerMetrics(services.GetService<IMeterFactory>());
        _loadShedder = new MemoryLoadShedder(_options, () => Sessions, _metrics, _logger);
        _metrics.AddObservableInstruments(
            () => _registered.Count, () => Sessions.Sum(s => (long)s.Peer.Multiplexer.IncomingCalls.Count), () => Math.Max(0, _loadShedder.Budget.AccountedBytes), _loadShedder.Budget.LimitBytes);
        Groups = new SessionGroups(FindSession, _options.Limits.MaxGroupsPerSession);
        _filters = new FilterSet(_options.Filters, new ApplicationServices(services));
        _table = new DispatchTable(_filters);
        if (_options.EnableProbe)
        {
            ServiceRegistrations.Create<IProbe>(new ProbeService()).Register(_table, services);
        }

        foreach (ServiceRegistration registration in services.GetServices<ServiceRegistration>())
        {
            registration.Register(_table, services);
        }
    }

    /// <summary>The names of the sessions that are connected.</summary>
    public IReadOnlyCollection<string> SessionIds => [.. _registered.Keys];

    internal TunnelOptions Options => _options;

    internal IEnumerable<ServerSession> Sessions => _registered.Values;

    internal SessionGroups Groups { get; }

    /// <summary>What its sessions hold in memory.</summary>
    internal MemoryBudget MemoryBudget => _loadShedder.Budget;

    /// <summary>
    /// Serves one connection while it carries a session, and owns it. Completes without an exception when the connection is lost, when the
    /// session has moved to another one, or when the session is over with every call of it; what went wrong is logged.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="cancellationToken">
    /// Ends the session as a stopping server does: no new calls, those that run within <see cref="TunnelServerOptions.ShutdownTimeout"/>, then the end in order.
    /// </param>
    public Task ServeAsync(ITransportConnection connection, CancellationToken cancellationToken) => ServeAsync(connection, null, cancellationToken);

    /// <summary>Likewise, for a host of several addresses: sessions of one do not go on at another, which may let in others.</summary>
    internal async Task ServeAsync(ITransportConnection connection, string? endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        connection = new TlsDetectingConnection(connection, _options.EndToEndTls, endpoint);

        // A host of many sessions has no token of its own.
        using CancellationTokenSource? linked = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token) : null;
        CancellationToken stop = linked?.Token ?? _closing.Token;
        try
        {
            if (await HandshakeAsync(connection, stop).ConfigureAwait(false) is { } served)
            {
                await ServeAsync(served.Session, served.Path, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Stops without harm to a call: refuses new sessions, asks both sides of each session for no new calls, lets those that run end within
    /// <see cref="TunnelServerOptions.ShutdownTimeout"/>, and then ends the sessions in order. Paths of the sessions that there are can be
    /// changed meanwhile. A host does this by itself when it stops. Any number of times; completes without an exception, when all is over.
    /// </summary>
    public Task StopAsync()
    {
        // At once: who comes from here on is told so.
        _isStopping = true;
        lock (_gate)
        {
            return _stopTask ??= Task.Run(StopCoreAsync);
        }
    }

    /// <summary>Stops, as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Cancelled when a stopping server has let the calls that ran end: from then on nothing is accepted.</summary>
    internal CancellationToken Closing => _closing.Token;

    internal ServerSession? FindSession(string sessionId) => _registered.GetValueOrDefault(sessionId);

    TimeSpan ISessionRegistry.ResumeWindow => _options.ResumeWindow;

    void ISessionRegistry.Admit()
    {
        if (_isStopping)
        {
            throw CreateStoppingException();
        }

        _loadShedder.ThrowIfNearLimit();
        if (Volatile.Read(ref _sessionCount) >= _options.Limits.MaxSessions)
        {
            // Those that wait for a path make room for those that have one; it is there for the client's next try.
            AbortDisconnectedSessions();
            throw CreateTooManySessionsException();
        }
    }

    void ISessionRegistry.Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer)
    {
        _loadShedder.ThrowIfNearLimit();
        if (Interlocked.Increment(ref _sessionCount) > _options.Limits.MaxSessions)
        {
            // Others have finished their handshakes since this one began.
            Interlocked.Decrement(ref _sessionCount);
            throw CreateTooManySessionsException();
        }

        if (_isStopping)
        {
            // It has begun to since this handshake did.
            Interlocked.Decrement(ref _sessionCount);
            throw CreateStoppingException();
        }

        var forgotten = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var peer = new TunnelPeer(new TunnelSession(parameters, connection, receiveBuffer, _options, _loadShedder.Budget), _options, _table, _logger, _filters, forgotten.Task);
        _registered[parameters.Id] = new ServerSession(peer, peer.SessionInfo, forgotten);
    }

    void ISessionRegistry.Remove(SessionParameters parameters)
    {
        if (FindSession(parameters.Id) is { } session)
        {
            session.Peer.AbortBeforeStart(new TunnelException(TunnelStatus.Unavailable, "The path was lost in the handshake."));
            TryUnregister(session.Peer);
            session.OnCompleted();
        }
    }

    TunnelSession? ISessionRegistry.Find(Guid id) => FindSession(id.ToString("N"))?.Peer.Session;

    /// <summary>Ends the hundredth part of the sessions, at least one, of those that have been without a path for the longest time.</summary>
    private void AbortDisconnectedSessions()
    {
        if (Interlocked.Exchange(ref _isShedding, 1) != 0)
        {
            return;
        }

        try
        {
            var lost = _registered.Values
                .Select(s => (s.Peer.Session, For: s.Peer.Session.Paths.DisconnectedDuration))
                .Where(s => s.For is not null)
                .OrderByDescending(s => s.For)
                .Take(Math.Max(1, _options.Limits.MaxSessions / 100));
            foreach ((TunnelSession session, _) in lost)
            {
                session.End(new TunnelException(TunnelStatus.ResourceExhausted, $"The session had no path while new ones needed its room (limit MaxSessions, {_options.Limits.MaxSessions})."));
            }
        }
        finally
        {
            Volatile.Write(ref _isShedding, 0);
        }
    }

    private async Task StopCoreAsync()
    {
        if (!await CompletesInTimeAsync(DrainSessionsAsync).ConfigureAwait(false))
        {
            HostingLog.DrainTimedOut(_logger, _registered.Values.Count(s => s.Peer.IsBusy), _options.ShutdownTimeout);
        }

        if (!await CompletesInTimeAsync(CloseSessionsAsync).ConfigureAwait(false))
        {
            HostingLog.ShutdownTimedOut(_logger, _registered.Count, _options.ShutdownTimeout);
        }

        await _loadShedder.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
    }

    private async Task CloseSessionsAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_registered.Values.Select(s => s.Completion)).ConfigureAwait(false);
    }

    /// <summary>Whether it ended within <see cref="TunnelServerOptions.ShutdownTimeout"/> of its beginning.</summary>
    private async Task<bool> CompletesInTimeAsync(Func<Task> work)
    {
        using var late = new CancellationTokenSource(_options.ShutdownTimeout, _options.TimeProvider);
        try
        {
            await work().WaitAsync(late.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Sessions are ended together: a call on one may call another one's client.</summary>
    private async Task DrainSessionsAsync()
    {
        HashSet<ServerSession> asked = [];
        while (_registered.Values.Where(asked.Add).ToArray() is { Length: > 0 } sessions)
        {
            await Task.WhenAll(sessions.Select(DrainSessionAsync)).ConfigureAwait(false);
        }
    }

    private static Task DrainSessionAsync(ServerSession session) => session.Peer.DrainAsync(StoppingReason);

    private static TunnelException CreateStoppingException() => new(TunnelStatus.Unavailable, "It is stopping: try again later, or another one.");

    private TunnelException CreateTooManySessionsException()
    {
        _metrics.OnSessionRefused(nameof(TunnelLimits.MaxSessions));
        return new(TunnelStatus.ResourceExhausted, $"It has {_options.Limits.MaxSessions} sessions (limit MaxSessions).");
    }

    private bool TryUnregister(TunnelPeer peer)
    {
        if (!_registered.TryRemove(peer.Parameters.Id, out ServerSession? session))
        {
            return false;
        }

        Interlocked.Decrement(ref _sessionCount);
        Groups.RemoveFromAll(session);
        session.OnUnregistered();
        return true;
    }

    /// <summary>Gives the new or the moved session, and the path; null when none came of it, which is logged.</summary>
    private async Task<(ServerSession Session, SessionPath Path)?> HandshakeAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.HandshakeTimeout, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        int handshakes = Interlocked.Increment(ref _pendingHandshakes);
        try
        {
            TunnelLimits limits = _options.Limits;
            if (handshakes > limits.MaxPendingHandshakes)
            {
                string full = $"It has {limits.MaxPendingHandshakes} unfinished handshakes (limit MaxPendingHandshakes).";
                _metrics.OnSessionRefused(nameof(TunnelLimits.MaxPendingHandshakes));
                HostingLog.SessionRefused(_logger, connection.Info.Transport, connection.Info.RemoteEndPoint, full);
                await SessionHandshake.RefuseAsync(connection, TunnelStatus.ResourceExhausted, SessionHandshake.ServerFullRetryAfter, full, linked.Token).ConfigureAwait(false);
                return null;
            }

            AcceptResult accepted = await SessionHandshake.AcceptAsync(connection, limits, SessionHandshake.GetFeatures(_options), _instanceId, this, linked.Token, _options.TimeProvider).ConfigureAwait(false);
            if (FindSession(accepted.Parameters.Id) is not { } session)
            {
                // It ended as it moved.
                return null;
            }

            if (accepted.ResumedPath is { } moved)
            {
                HostingLog.SessionMigrated(_logger, accepted.Parameters.Id, connection.Info.Transport, connection.Info.RemoteEndPoint);
                return (session, moved);
            }

            HostingLog.SessionStarted(_logger, accepted.Parameters.Id, connection.Info.Transport, connection.Info.RemoteEndPoint);
            SessionPath first = session.Peer.Session.Paths.Current;
            session.Peer.Start();
            _ = RunSessionAsync(session);
            return (session, first);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested && !timeout.IsCancellationRequested)
        {
            TunnelException stopping = CreateStoppingException();
            HostingLog.SessionRefused(_logger, connection.Info.Transport, connection.Info.RemoteEndPoint, stopping.Message);
            await SessionHandshake.RefuseAsync(connection, stopping.Status, SessionHandshake.ServerStoppingRetryAfter, stopping.Message, timeout.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (error is TransportException or TunnelException or OperationCanceledException)
        {
            string why = timeout.IsCancellationRequested ? $"It did not finish within {_options.HandshakeTimeout} (HandshakeTimeout)." : error.Message;
            HostingLog.HandshakeFailed(_logger, connection.Info.Transport, connection.Info.RemoteEndPoint, why);
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _pendingHandshakes);
        }
    }

    /// <summary>Keeps a session from its start to its end, whatever paths it has; <see cref="ServerSession.Completion"/> tells when.</summary>
    private async Task RunSessionAsync(ServerSession session)
    {
        TunnelPeer peer = session.Peer;
        try
        {
            try
            {
                await peer.SessionCompletion.WaitAsync(_closing.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await CloseSessionAsync(session).ConfigureAwait(false);
            }

            if (TryUnregister(peer))
            {
                HostingLog.SessionEnded(_logger, peer.Parameters.Id);
            }

            await peer.Completion.ConfigureAwait(false);
        }
        finally
        {
            session.OnCompleted();
        }
    }

    /// <summary>Serves a session while <paramref name="path"/> carries it; whoever serves its last path sees it end.</summary>
    private async Task ServeAsync(ServerSession session, SessionPath path, CancellationToken stop)
    {
        try
        {
            await path.Stopped.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!_isStopping)
            {
                await CompletesInTimeAsync(() => DrainSessionAsync(session)).ConfigureAwait(false);
            }

            await CloseSessionAsync(session).ConfigureAwait(false);
        }

        if (session.Peer.Session.IsEnded)
        {
            await session.Completion.ConfigureAwait(false);
        }
        else if (session.Peer.Session.Paths.DisconnectedDuration is not null)
        {
            HostingLog.PathDisconnected(_logger, session.Info.Id, path.Transport);
        }
    }

    private static Task CloseSessionAsync(ServerSession session) => session.Peer.CloseAsync(TunnelStatus.Unavailable, StoppingReason);
}
