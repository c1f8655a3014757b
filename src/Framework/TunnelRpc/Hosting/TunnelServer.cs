using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TunnelRpc.Accounting;
using TunnelRpc.Authorization;
using TunnelRpc.Calls;
using TunnelRpc.Diagnostics;
using TunnelRpc.Hosting;
using TunnelRpc.Logging;
using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Tracking;
using TunnelRpc.Transports;

namespace TunnelRpc;

/// <summary>
/// Serves the registered contracts on the connections that a host accepts. The service provider creates and disposes it. Thread-safe.
/// </summary>
[DebuggerDisplay("Sessions = {_sessions.Count}, PendingHandshakes = {_pendingHandshakes}, ShuttingDown = {_sessions.IsShuttingDown}")]
public sealed partial class TunnelServer : IAsyncDisposable, ILiveObject
{
    private const string ShutdownReason = "The server is shutting down.";

    /// <summary>
    /// The time that a stopping server gives a call that started the stop, and may not wait for it, to reply before its session is closed.
    /// </summary>
    private static readonly TimeSpan DetachedCallGrace = TimeSpan.FromMilliseconds(100);

    private readonly TunnelServerOptions _options;
    private readonly FilterSet _filters;
    private readonly PolicyAuthorizationProvider _authorizations;
    private readonly SessionObservers _observers;
    private readonly DispatchTable _dispatchTable;

    // The services of the mapped paths that serve only some.
    private readonly ConcurrentDictionary<string, DispatchTable> _restrictedTables = new(StringComparer.Ordinal);
    private readonly LogLimiter _logLimiter;
    private readonly GuardedLogger _logger;
    private readonly ServerMetrics _metrics;
    private readonly MemoryLoadShedder _loadShedder;
    private readonly ClientPartitions _partitions;
    private readonly SessionRegistry _sessions;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Guid _instanceId = new(RandomNumberGenerator.GetBytes(16));

    // Changed atomically. The number of calls of HandshakeAsync in progress.
    private int _pendingHandshakes;

    // Guarded by _gate. Null until StopAsync is called.
    private Task? _stopTask;

    /// <summary>Creates a server. The service provider calls it.</summary>
    /// <param name="options">The options of the server.</param>
    /// <param name="services">The application's services, with the contracts that the server serves.</param>
    /// <param name="loggerFactory">Creates the logger "TunnelRpc.Server"; null logs nothing.</param>
    /// <exception cref="InvalidOperationException">
    /// A contract is registered twice, or an [Authorize] sets authentication schemes.
    /// </exception>
    public TunnelServer(IOptions<TunnelServerOptions> options, IServiceProvider services, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        _options = options.Value;
        _logLimiter = new LogLimiter(_options.TimeProvider);
        _logger = GuardLogger((loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("TunnelRpc.Server"));
        _metrics = new ServerMetrics(services.GetService<IMeterFactory>());
        _observers = new SessionObservers(services, _logger);
        _loadShedder = new MemoryLoadShedder(_options, () => Sessions, _metrics, _logger);
        _partitions = new ClientPartitions(
            _options.Limits.PerUser,
            _options.Limits.PerRemoteAddress,
            _options.TimeProvider,
            user => SessionUsers.GetId(user, _options),
            _loadShedder.RequestSweep,
            _metrics.OnRefused);
        _sessions = new SessionRegistry(_options, _loadShedder, _partitions, _metrics, _logger, CreateSession);
        _metrics.AddObservableInstruments(
            () => _sessions.Count,
            () => Sessions.Sum(s => (long)s.Peer.Multiplexer.IncomingCalls.Count),
            () => Math.Max(0, _loadShedder.Budget.AccountedBytes),
            _loadShedder.Budget.LimitBytes);
        var application = new ApplicationServices(services);
        _filters = new FilterSet(_options.Filters, application);
        _authorizations = new PolicyAuthorizationProvider(application);
        _dispatchTable = new DispatchTable(_filters, _authorizations);
        if (_options.EnableProbe)
        {
            ServiceRegistrations.Create<IProbe>(new ProbeService()).Register(_dispatchTable, services);
        }

        ServiceRegistrations.Create<IContractComparison>(new ContractComparisonService(_logger)).Register(_dispatchTable, services);
        foreach (ServiceRegistration registration in services.GetServices<ServiceRegistration>())
        {
            registration.Register(_dispatchTable, services);
        }

        LiveObjects.Add(this);
    }

    /// <summary>A snapshot of the ids of the connected sessions, including those that wait for another path.</summary>
    public IReadOnlyCollection<string> SessionIds => _sessions.SessionIds;

    bool ILiveObject.IsEnded => _stopTask is { IsCompleted: true };

    internal TunnelOptions Options => _options;

    internal TunnelBroadcastPolicy BroadcastPolicy => _options.BroadcastPolicy;

    /// <summary>The connected sessions. The enumeration is not a snapshot.</summary>
    internal IEnumerable<ServerSession> Sessions => _sessions.Sessions;

    internal SessionGroups Groups => _sessions.Groups;

    /// <summary>What each user and each remote address uses.</summary>
    internal ClientPartitions Partitions => _partitions;

    /// <summary>The sessions that are without a path.</summary>
    internal SessionsWithoutPath WithoutPath => _sessions.WithoutPath;

    /// <summary>The accounted bytes of all sessions.</summary>
    internal MemoryBudget MemoryBudget => _loadShedder.Budget;

    /// <summary>
    /// Cancelled when a stopping server has drained its sessions or <see cref="TunnelServerOptions.ShutdownTimeout"/> has passed. No
    /// connection is accepted any more.
    /// </summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>Identifies this server object, and so its process, to its clients. No secret.</summary>
    internal Guid InstanceId => _instanceId;

    /// <summary>
    /// Serves a connection while it is the path of a session, and disposes it. Completes without an exception when the path is
    /// disconnected, when the session has migrated to another path, or when the session and all its calls have ended. Failures are logged.
    /// </summary>
    /// <param name="connection">The connection. The server owns it.</param>
    /// <param name="cancellationToken">
    /// Ends the session as a stopping server does: the session is drained within <see cref="TunnelServerOptions.ShutdownTimeout"/> and then
    /// closed in order.
    /// </param>
    public Task ServeAsync(ITransportConnection connection, CancellationToken cancellationToken) =>
        ServeAsync(connection, endpoint: null, userExpires: null, cancellationToken);

    /// <summary>
    /// Serves a connection, as <see cref="ServeAsync(ITransportConnection, CancellationToken)"/> does, for a host with several endpoints. A
    /// session can be resumed only at the endpoint where it started, since another endpoint may authorize other clients.
    /// </summary>
    internal Task ServeAsync(
        ITransportConnection connection, string? endpoint, DateTimeOffset? userExpires, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return ServeAsync(new TlsDetectingConnection(connection, _options.EndToEndTls, endpoint, userExpires), cancellationToken);
    }

    /// <summary>
    /// Stops the server gracefully. It refuses new sessions, drains the existing ones in both directions within
    /// <see cref="TunnelServerOptions.ShutdownTimeout"/>, and then closes them in order. Existing sessions can still migrate while they are
    /// drained. A host calls it when it stops. Can be called any number of times, and returns the same task each time; completes, without
    /// an exception, when the sessions have ended or the timeout has passed once more. Inside a call that the server serves, it does not
    /// wait for that call; implementations with <see cref="NoCallContextAttribute"/> are waited for until the timeout.
    /// </summary>
    public Task StopAsync()
    {
        TunnelPeer.DetachCurrentCall(_dispatchTable);

        // Before the gate, so that handshakes that complete from now on are refused.
        _sessions.BeginShutdown();
        lock (_gate)
        {
            return _stopTask ??= Task.Run(StopCoreAsync);
        }
    }

    /// <summary>
    /// Restricts the services of the sessions that start at a mapped path. Those of the framework stay: the comparison of contracts, and
    /// the probe if it is enabled.
    /// </summary>
    /// <param name="endpoint">The path.</param>
    /// <param name="services">The names of the services.</param>
    /// <exception cref="InvalidOperationException">The server does not have one of the services.</exception>
    internal void RestrictServices(string endpoint, IReadOnlySet<string> services)
    {
        IEnumerable<string> own = _options.EnableProbe
            ? [ServiceRegistrations.NameOf<IContractComparison>(), ServiceRegistrations.NameOf<IProbe>()]
            : [ServiceRegistrations.NameOf<IContractComparison>()];
        _restrictedTables[endpoint] = _dispatchTable.Restrict(services.Concat(own).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>The methods of a mapped path that [AllowAnonymous] opens to every caller; for messages.</summary>
    internal IReadOnlyList<string> GetAnonymousMethods(string endpoint) =>
        [.. GetServices(endpoint).Methods.Where(_authorizations.AllowsAnonymous).Select(m => m.FullName).Order(StringComparer.Ordinal)];

    /// <summary>A log whose entries are limited together with those of the server.</summary>
    internal GuardedLogger GuardLogger(ILogger logger) => new(logger, _logLimiter);

    /// <inheritdoc cref="PolicyAuthorizationProvider.ValidateAsync"/>
    internal Task ValidateAuthorizationAsync() => _authorizations.ValidateAsync();

    /// <summary>Stops the server, as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    string ILiveObject.DescribeState() =>
        $"server: {_sessions.Count} sessions, {Volatile.Read(ref _pendingHandshakes)} pending handshakes, "
        + $"{_loadShedder.Budget.AccountedBytes} bytes accounted"
        + (_stopTask is not null ? ", stopping" : _sessions.IsShuttingDown ? ", shutting down" : "");

    /// <summary>A snapshot of the sessions of a user.</summary>
    internal IReadOnlyList<ServerSession> FindSessionsOfUser(string userId) => _sessions.Users.Find(userId);

    /// <summary>Finds a connected session by its id; null when there is none.</summary>
    internal ServerSession? FindSession(string sessionId) => _sessions.Find(sessionId);

    private static Task CloseSessionAsync(ServerSession session) => session.Peer.CloseAsync(
        TunnelStatus.Unavailable, ShutdownReason, "Calls that take longer to end need a longer ShutdownTimeout of the server.");

    private DispatchTable GetServices(string? endpoint) =>
        endpoint is not null && _restrictedTables.TryGetValue(endpoint, out DispatchTable? restricted) ? restricted : _dispatchTable;

    private ServerSession CreateSession(
        SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer, PartitionSet partitions)
    {
        var unregistered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var session = new TunnelSession(parameters, connection, receiveBuffer, _options, _loadShedder.Budget, partitions);
        DispatchTable services = GetServices(parameters.Connection.AcceptedEndpoint);
        GuardedLogger logger = _logger.ForPeer(parameters.Connection.RemoteEndPoint);
        var peer = new TunnelPeer(session, _options, services, logger, _filters, unregistered.Task)
        {
            BroadcastLimits = new BroadcastLimits(_options.Limits.MaxPendingBroadcasts, _options.Limits.MaxPendingBroadcastBytes),
        };
        peer.SessionInfo.UserId = partitions.UserId;
        SessionEventQueue? events = _observers.IsEmpty ? null : new SessionEventQueue(peer.SessionInfo, _observers);
        return new ServerSession(peer, peer.SessionInfo, unregistered, _options, events, partitions);
    }

    private async Task StopCoreAsync()
    {
        if (!await CompletesInTimeAsync(() => _sessions.DrainAsync(ShutdownReason)).ConfigureAwait(false))
        {
            LogIncompleteDrain();
        }
        else if (Sessions.Where(s => s.Peer.HasDetachedCalls).Select(s => s.Peer.CallsEnded).ToArray() is { Length: > 0 } detachedCalls)
        {
            await Task.WhenAll(detachedCalls).WaitAsync(DetachedCallGrace, _options.TimeProvider)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        ServerSession[] closed = [.. Sessions];
        if (!await CompletesInTimeAsync(CloseSessionsAsync).ConfigureAwait(false)
            && closed.Count(s => !s.Completion.IsCompleted) is > 0 and int remaining)
        {
            HostingLog.ShutdownTimedOut(_logger, remaining, _options.ShutdownTimeout);
        }

        if (!await CompletesInTimeAsync(_observers.WaitUntilIdleAsync).ConfigureAwait(false))
        {
            HostingLog.ObserversTimedOut(_logger, _options.ShutdownTimeout);
        }

        await _observers.DisposeAsync().ConfigureAwait(false);
        await _loadShedder.DisposeAsync().ConfigureAwait(false);
        await _partitions.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
        _logLimiter.Dispose();
    }

    private void LogIncompleteDrain()
    {
        ServerSession[] draining = [.. Sessions.Where(s => !s.Peer.IsDrainComplete)];
        int busy = draining.Count(s => s.Peer.IsBusy);
        if (busy > 0)
        {
            HostingLog.DrainTimedOut(_logger, busy, _options.ShutdownTimeout);
        }

        if (draining.Length > busy)
        {
            HostingLog.DrainNotAnswered(_logger, draining.Length - busy, _options.ShutdownTimeout);
        }
    }

    private async Task CloseSessionsAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(Sessions.Where(s => s.IsRunning).Select(CloseSessionAsync)).ConfigureAwait(false);
        await _sessions.WaitForCompletionAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Runs work and returns whether it has completed within <see cref="TunnelServerOptions.ShutdownTimeout"/>. The work continues in any
    /// case.
    /// </summary>
    private async Task<bool> CompletesInTimeAsync(Func<Task> work)
    {
        using var timeout = new CancellationTokenSource(_options.ShutdownTimeout, _options.TimeProvider);
        try
        {
            await work().WaitAsync(timeout.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task ServeAsync(TlsDetectingConnection connection, CancellationToken cancellationToken)
    {
        // A host with many sessions passes no token. The linked source is saved then.
        using CancellationTokenSource? linked = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token)
            : null;
        CancellationToken stop = linked?.Token ?? _closing.Token;
        try
        {
            if (await HandshakeAsync(connection, stop).ConfigureAwait(false) is { } accepted)
            {
                await ServePathAsync(accepted.Session, accepted.Path, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Accompanies a session from its start to its end, on all its paths, and unregisters it. Sets <see cref="ServerSession.Completion"/>.
    /// </summary>
    private async Task RunSessionAsync(ServerSession session)
    {
        try
        {
            // A server that stops closes the sessions that run by then. It holds no callback for each of them.
            session.OnRunning();
            if (_closing.IsCancellationRequested)
            {
                await CloseSessionAsync(session).ConfigureAwait(false);
            }

            await session.Peer.SessionCompletion.ConfigureAwait(false);
            if (_sessions.Remove(session))
            {
                HostingLog.SessionEnded(_logger.ForPeer(session.Info.RemoteEndPoint), session.Info.Id);
                session.Events?.OnGone(session.Session.DescribeEnd());
            }

            await session.DisposeExpiryAsync().ConfigureAwait(false);
            await session.Peer.Completion.ConfigureAwait(false);
        }
        finally
        {
            _sessions.Complete(session);
        }
    }

    /// <summary>
    /// Waits until a path of a session stops. If the session has ended with the path, also waits for the calls of the session. When
    /// <paramref name="stop"/> is cancelled, the session is closed, and <see cref="TunnelServerOptions.ShutdownTimeout"/> limits the wait.
    /// </summary>
    private async Task ServePathAsync(ServerSession session, SessionPath path, CancellationToken stop)
    {
        try
        {
            // A stop of the server closes the session, and so stops its path. Only the token of a host is awaited.
            await (stop == _closing.Token ? path.Stopped : path.Stopped.WaitAsync(stop)).ConfigureAwait(false);
            if (session.Session.IsEnded)
            {
                await session.Completion.WaitAsync(stop).ConfigureAwait(false);
            }
            else if (session.Session.Paths.DisconnectedDuration is not null)
            {
                _sessions.WithoutPath.Add(session);
                HostingLog.PathDisconnected(_logger.ForPeer(session.Info.RemoteEndPoint), session.Info.Id, path.Transport);
            }
        }
        catch (OperationCanceledException)
        {
            // When the server shuts down, StopAsync has drained the session already.
            if (!_sessions.IsShuttingDown)
            {
                await CompletesInTimeAsync(() => session.Peer.DrainAsync(ShutdownReason)).ConfigureAwait(false);
            }

            // A call that ignores its token keeps neither the path nor the request of its host.
            await CloseSessionAsync(session).ConfigureAwait(false);
        }
    }
}
