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
using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Hosting;

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
    private readonly MemoryGuard _memory;
    private readonly ConcurrentDictionary<string, ServedSession> _registered = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly Guid _instance = new(RandomNumberGenerator.GetBytes(16));

    // Changed atomically. _sessions is the number of _registered, and never above the limit but for those about to be refused.
    private int _handshakes;
    private int _sessions;

    // Exchanged atomically: 1 while sessions are looked through.
    private int _shedding;

    // Guarded by _gate.
    private Task? _stop;

    // Set once, before _stop: handshakes see it without the gate.
    private volatile bool _isStopping;

    /// <summary>Called by the service provider.</summary>
    public TunnelServer(IOptions<TunnelServerOptions> options, IServiceProvider services, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        _options = options.Value;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger("TunnelRpc.Server");
        _metrics = new ServerMetrics(services.GetService<IMeterFactory>());
        _memory = new MemoryGuard(_options, () => Sessions, _metrics, _logger);
        _metrics.Observe(
            () => _registered.Count, () => Sessions.Sum(s => (long)s.Peer.Multiplexer.Running.Count), () => Math.Max(0, _memory.Budget.Held), _memory.Budget.Ceiling);
        Groups = new SessionGroups(FindSession, _options.Limits.MaxGroupsPerSession);
        _filters = new FilterSet(_options.Filters, new ApplicationServices(services));
        _table = new DispatchTable(_filters);
        if (_options.ProbeService)
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

    internal IEnumerable<ServedSession> Sessions => _registered.Values;

    internal SessionGroups Groups { get; }

    /// <summary>What its sessions hold in memory.</summary>
    internal MemoryBudget Memory => _memory.Budget;

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
        connection = new AcceptedConnection(connection, _options.EndToEndTls, endpoint);

        // A host of many sessions has no token of its own.
        using CancellationTokenSource? linked = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token) : null;
        CancellationToken stop = linked?.Token ?? _ending.Token;
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
            return _stop ??= Task.Run(RunStopAsync);
        }
    }

    /// <summary>Stops, as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Cancelled when a stopping server has let the calls that ran end: from then on nothing is accepted.</summary>
    internal CancellationToken Ending => _ending.Token;

    internal ServedSession? FindSession(string sessionId) => _registered.GetValueOrDefault(sessionId);

    TimeSpan ISessionRegistry.ResumeWindow => _options.ResumeWindow;

    void ISessionRegistry.Admit()
    {
        if (_isStopping)
        {
            throw IsStopping();
        }

        _memory.Admit();
        if (Volatile.Read(ref _sessions) >= _options.Limits.MaxSessions)
        {
            // Those that wait for a path make room for those that have one; it is there for the client's next try.
            ShedLost();
            throw FullOfSessions();
        }
    }

    void ISessionRegistry.Add(SessionInfo info, ITransportConnection connection, RecordInput input)
    {
        _memory.Admit();
        if (Interlocked.Increment(ref _sessions) > _options.Limits.MaxSessions)
        {
            // Others have finished their handshakes since this one began.
            Interlocked.Decrement(ref _sessions);
            throw FullOfSessions();
        }

        if (_isStopping)
        {
            // It has begun to since this handshake did.
            Interlocked.Decrement(ref _sessions);
            throw IsStopping();
        }

        var forgotten = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var peer = new TunnelPeer(new TunnelSession(info, connection, input, _options, _memory.Budget), _options, _table, _logger, _filters, forgotten.Task);
        _registered[info.Id] = new ServedSession(peer, peer.Session, forgotten);
    }

    void ISessionRegistry.Remove(SessionInfo info)
    {
        if (FindSession(info.Id) is { } session)
        {
            session.Peer.Abandon(new TunnelException(TunnelStatus.Unavailable, "The path was lost in the handshake."));
            Unregister(session.Peer);
            session.OnOver();
        }
    }

    TunnelSession? ISessionRegistry.Find(Guid id) => FindSession(id.ToString("N"))?.Peer.Carrier;

    /// <summary>Ends the hundredth part of the sessions, at least one, of those that have been without a path for the longest time.</summary>
    private void ShedLost()
    {
        if (Interlocked.Exchange(ref _shedding, 1) != 0)
        {
            return;
        }

        try
        {
            var lost = _registered.Values
                .Select(s => (s.Peer.Carrier, For: s.Peer.Carrier.Paths.LostFor))
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
            Volatile.Write(ref _shedding, 0);
        }
    }

    private async Task RunStopAsync()
    {
        if (!await InTimeAsync(DrainAsync).ConfigureAwait(false))
        {
            HostingLog.DrainTimedOut(_logger, _registered.Values.Count(s => s.Peer.IsBusy), _options.ShutdownTimeout);
        }

        if (!await InTimeAsync(EndAsync).ConfigureAwait(false))
        {
            HostingLog.ShutdownTimedOut(_logger, _registered.Count, _options.ShutdownTimeout);
        }

        await _memory.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
    }

    private async Task EndAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_registered.Values.Select(s => s.Over)).ConfigureAwait(false);
    }

    /// <summary>Whether it ended within <see cref="TunnelServerOptions.ShutdownTimeout"/> of its beginning.</summary>
    private async Task<bool> InTimeAsync(Func<Task> work)
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
    private async Task DrainAsync()
    {
        HashSet<ServedSession> asked = [];
        while (_registered.Values.Where(asked.Add).ToArray() is { Length: > 0 } sessions)
        {
            await Task.WhenAll(sessions.Select(DrainAsync)).ConfigureAwait(false);
        }
    }

    private static Task DrainAsync(ServedSession session) => session.Peer.DrainAsync(StoppingReason);

    private static TunnelException IsStopping() => new(TunnelStatus.Unavailable, "It is stopping: try again later, or another one.");

    private TunnelException FullOfSessions()
    {
        _metrics.OnRefused(nameof(TunnelLimits.MaxSessions));
        return new(TunnelStatus.ResourceExhausted, $"It has {_options.Limits.MaxSessions} sessions (limit MaxSessions).");
    }

    private bool Unregister(TunnelPeer peer)
    {
        if (!_registered.TryRemove(peer.Info.Id, out ServedSession? session))
        {
            return false;
        }

        Interlocked.Decrement(ref _sessions);
        Groups.Remove(session);
        session.OnForgotten();
        return true;
    }

    /// <summary>Gives the new or the moved session, and the path; null when none came of it, which is logged.</summary>
    private async Task<(ServedSession Session, SessionPath Path)?> HandshakeAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.HandshakeTimeout, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        int handshakes = Interlocked.Increment(ref _handshakes);
        try
        {
            TunnelLimits limits = _options.Limits;
            if (handshakes > limits.MaxPendingHandshakes)
            {
                string full = $"It has {limits.MaxPendingHandshakes} unfinished handshakes (limit MaxPendingHandshakes).";
                _metrics.OnRefused(nameof(TunnelLimits.MaxPendingHandshakes));
                HostingLog.SessionRefused(_logger, connection.Info.Transport, connection.Info.RemoteEndPoint, full);
                await SessionHandshake.RefuseAsync(connection, TunnelStatus.ResourceExhausted, SessionHandshake.FullRetryAfter, full, linked.Token).ConfigureAwait(false);
                return null;
            }

            AcceptedPath accepted = await SessionHandshake.AcceptAsync(connection, limits, SessionHandshake.FeaturesOf(_options), _instance, this, linked.Token, _options.TimeProvider).ConfigureAwait(false);
            if (FindSession(accepted.Info.Id) is not { } session)
            {
                // It ended as it moved.
                return null;
            }

            if (accepted.Moved is { } moved)
            {
                HostingLog.SessionMoved(_logger, accepted.Info.Id, connection.Info.Transport, connection.Info.RemoteEndPoint);
                return (session, moved);
            }

            HostingLog.SessionStarted(_logger, accepted.Info.Id, connection.Info.Transport, connection.Info.RemoteEndPoint);
            SessionPath first = session.Peer.Carrier.Paths.Current;
            session.Peer.Start();
            _ = KeepAsync(session);
            return (session, first);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested && !timeout.IsCancellationRequested)
        {
            TunnelException stopping = IsStopping();
            HostingLog.SessionRefused(_logger, connection.Info.Transport, connection.Info.RemoteEndPoint, stopping.Message);
            await SessionHandshake.RefuseAsync(connection, stopping.Status, SessionHandshake.StoppingRetryAfter, stopping.Message, timeout.Token).ConfigureAwait(false);
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
            Interlocked.Decrement(ref _handshakes);
        }
    }

    /// <summary>Keeps a session from its start to its end, whatever paths it has; <see cref="ServedSession.Over"/> tells when.</summary>
    private async Task KeepAsync(ServedSession session)
    {
        TunnelPeer peer = session.Peer;
        try
        {
            try
            {
                await peer.SessionCompletion.WaitAsync(_ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await CloseAsync(session).ConfigureAwait(false);
            }

            if (Unregister(peer))
            {
                HostingLog.SessionEnded(_logger, peer.Info.Id);
            }

            await peer.Completion.ConfigureAwait(false);
        }
        finally
        {
            session.OnOver();
        }
    }

    /// <summary>Serves a session while <paramref name="path"/> carries it; whoever serves its last path sees it end.</summary>
    private async Task ServeAsync(ServedSession session, SessionPath path, CancellationToken stop)
    {
        try
        {
            await path.Stopped.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!_isStopping)
            {
                await InTimeAsync(() => DrainAsync(session)).ConfigureAwait(false);
            }

            await CloseAsync(session).ConfigureAwait(false);
        }

        if (session.Peer.Carrier.IsOver)
        {
            await session.Over.ConfigureAwait(false);
        }
        else if (session.Peer.Carrier.Paths.LostFor is not null)
        {
            HostingLog.PathLost(_logger, session.Info.Id, path.Transport);
        }
    }

    private static Task CloseAsync(ServedSession session) => session.Peer.CloseAsync(TunnelStatus.Unavailable, StoppingReason);
}
