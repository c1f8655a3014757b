using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TunnelRpc.Authorization;
using TunnelRpc.Calls;
using TunnelRpc.Client.Connecting;
using TunnelRpc.Client.Contracts;
using TunnelRpc.Client.Hosting;
using TunnelRpc.Client.Retries;
using TunnelRpc.Hosting;
using TunnelRpc.Logging;
using TunnelRpc.Tracking;

namespace TunnelRpc.Client;

/// <summary>
/// A tunnel to a server: calls the server's services, and serves callbacks to the server. Connects with the first call or with
/// <see cref="ConnectAsync(CancellationToken)"/>, and stays connected from then on, unless <see cref="TunnelClientOptions.StayConnected"/>
/// is false. A session whose path is disconnected resumes on another path; if that fails, the client opens a new session. Thread-safe. The
/// code that creates a client disposes it.
/// </summary>
[DebuggerDisplay("{State}, transport {Transport}, session {SessionId}")]
public sealed class TunnelClient : ITunnelClient, IAsyncDisposable, ILiveObject
{
    private readonly TunnelClientOptions _options;
    private readonly DispatchTable _table;
    private readonly TunnelInvoker _invoker;
    private readonly ClientContracts _contracts;
    private readonly StateNotifier _stateNotifier;
    private readonly Connector _connector;
    private volatile PathReport? _report;

    /// <summary>Creates a client that is not connected yet.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="loggerFactory">Creates the log "TunnelRpc.Client"; null for no log.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TunnelClient(TunnelClientOptions options, ILoggerFactory? loggerFactory = null)
        : this(options, null, loggerFactory)
    {
    }

    /// <summary>Creates the client of an application, with the callbacks that are registered for it.</summary>
    /// <param name="name">The client's name; null for the unnamed client.</param>
    /// <param name="options">The settings.</param>
    /// <param name="services">The application's services.</param>
    internal TunnelClient(string? name, TunnelClientOptions options, IServiceProvider services)
        : this(options, new ApplicationServices(services), services.GetService<ILoggerFactory>())
    {
        foreach (CallbackRegistration callback in services.GetServices<CallbackRegistration>().Where(c => c.ClientName == name))
        {
            callback.Registration.Register(_table, services);
        }
    }

    private TunnelClient(TunnelClientOptions options, ApplicationServices? services, ILoggerFactory? loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        var logLimiter = new LogLimiter(options.TimeProvider);
        var logger = new GuardedLogger((loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("TunnelRpc.Client"), logLimiter);
        var filters = new FilterSet(options.Filters, services);
        _table = new DispatchTable(filters, CallbackAuthorizationProvider.Instance);
        _contracts = new ClientContracts(_table, logger);
        _invoker = FilteringInvoker.Wrap(new ClientInvoker(this, null), filters, options.TimeProvider);
        _stateNotifier = new StateNotifier(change => StateChanged?.Invoke(this, change), logger);
        CallScheduler? scheduler = options.CreateCallbackScheduler();
        _connector = new Connector(
            options,
            session => new TunnelPeer(session, options, _table, logger, filters) { Scheduler = scheduler },
            report => _report = report,
            _contracts.CompareAsync,
            _stateNotifier,
            logger,
            logLimiter);
        foreach (ServiceRegistration callback in options.Callbacks)
        {
            callback.Register(_table, EmptyServiceProvider.Instance);
        }

        LiveObjects.Add(this);
    }

    /// <inheritdoc/>
    public event EventHandler<TunnelClientStateChangedEventArgs>? StateChanged;

    /// <inheritdoc/>
    public TunnelClientState State => _stateNotifier.State;

    /// <inheritdoc/>
    public PathReport? Report => _report;

    /// <summary>Whether a session accepts calls now. The session may be without a path while it resumes.</summary>
    public bool IsConnected => CurrentPeer is not null;

    /// <inheritdoc/>
    public string? Transport => CurrentPeer?.Parameters.Connection.Transport;

    /// <inheritdoc/>
    public string? SessionId => CurrentPeer?.Parameters.Id;

    /// <summary>Completes, without an exception, when the current session has ended; completed when there is no session.</summary>
    public Task SessionCompletion => _connector.SessionCompletion;

    bool ILiveObject.IsEnded => State == TunnelClientState.Closed;

    /// <summary>The peer for new calls; null when there is no session, or when the session drains or ends.</summary>
    internal TunnelPeer? CurrentPeer => _connector.CurrentSession?.Peer;

    /// <summary>
    /// The peer for a call that starts now: the draining session of the call that the current code serves, or else the current session.
    /// Null when there is none and the client must connect.
    /// </summary>
    internal TunnelPeer? UsablePeer => _connector.HasDrainingSession
        ? _connector.FindDrainingPeer(TunnelCallContext.Current?.SessionId) ?? CurrentPeer
        : CurrentPeer;

    /// <summary>Whether calls whose session ended are retried.</summary>
    internal bool CanRetryCalls => _options.RetryInterruptedCalls && !_connector.IsDisposed;

    internal TimeProvider TimeProvider => _options.TimeProvider;

    /// <summary>The running calls under ordered dispatch.</summary>
    internal OrderedCallTracker OrderedCalls { get; } = new();

    /// <summary>Creates a client and connects it.</summary>
    /// <param name="address">The URL that the server passed to MapTunnelRpc.</param>
    /// <param name="configure">Sets the other options, and the callbacks to serve.</param>
    /// <param name="loggerFactory">Creates the log "TunnelRpc.Client"; null for no log.</param>
    /// <param name="cancellationToken">Cancels connecting.</param>
    /// <returns>The connected client, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="TunnelConnectException">There is no path to the server; the report of the exception lists the attempts.</exception>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled. The inner exception is a <see cref="TunnelConnectException"/> with the report of
    /// the last attempt that has failed, or of the one that runs.
    /// </exception>
    public static async Task<TunnelClient> ConnectAsync(
        Uri address,
        Action<TunnelClientOptions>? configure = null,
        ILoggerFactory? loggerFactory = null,
        CancellationToken cancellationToken = default)
    {
        var options = new TunnelClientOptions { Address = address };
        configure?.Invoke(options);
        var client = new TunnelClient(options, loggerFactory);
        try
        {
            await client.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public TService Get<TService>()
        where TService : class, ITunnelService<TService>
    {
        if (_contracts.Add<TService>())
        {
            _connector.CurrentSession?.CompareContracts();
        }

        return TService.TunnelDefinition.CreateStub(_invoker);
    }

    /// <summary>
    /// Serves a contract to the server from now on.
    /// <see cref="TunnelClientOptions.Serve{TService}(TService, TunnelCallbackOptions?)"/> serves it from the start of each session. The
    /// instance must be thread-safe; the client does not dispose it.
    /// </summary>
    /// <param name="instance">The implementation.</param>
    /// <param name="options">Where its calls run; null for the options of the client.</param>
    /// <exception cref="ArgumentException">Both properties of <paramref name="options"/> are set.</exception>
    /// <exception cref="InvalidOperationException">The contract is served already.</exception>
    public void Serve<TService>(TService instance, TunnelCallbackOptions? options = null)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(instance);
        _table.Add(TService.TunnelDefinition, new InstanceActivator<TService>(instance), options?.CreateScheduler());
    }

    /// <inheritdoc/>
    public async Task ConnectAsync(CancellationToken cancellationToken = default) =>
        await _connector.GetPeerAsync(skipDelay: true, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Refreshes the authentication of the session's user now, with the token that <see cref="TunnelClientOptions.AccessTokenProvider"/>
    /// returns. The session, its calls and its path remain; calls that are made afterwards have the new claims. The client does it by
    /// itself at 80 % of the lifetime that the server states; call it if a token changes earlier, for instance with another role.
    /// </summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="TunnelException">
    /// Unauthenticated: the server does not accept the token. PermissionDenied: the token is that of another user, or may not use the
    /// tunnel. Unavailable: there is no session, or no response. In each case the session keeps its user.
    /// </exception>
    public async Task RefreshAuthenticationAsync(CancellationToken cancellationToken = default)
    {
        ClientSession session = _connector.CurrentSession
            ?? throw new TunnelException(TunnelStatus.Unavailable, "There is no session. A new one is opened with a new token.");
        await session.RefreshAuthenticationAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Closes the session in order; running calls fail, and running callbacks are cancelled. Completes, without an exception, when the
    /// callbacks have ended, or after <see cref="TunnelClientOptions.ShutdownTimeout"/>. May be called any number of times and from any
    /// code, and returns the same task each time. Inside a callback it does not wait for that callback; callbacks with
    /// <see cref="NoCallContextAttribute"/> are waited for until the timeout.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        TunnelPeer.DetachCurrentCall(_table);
        return _connector.DisposeAsync();
    }

    string ILiveObject.DescribeState() =>
        $"client: {State}, session {SessionId ?? "none"}{Environment.NewLine}  connector: {_connector.DescribeState()}"
        + (_report is { } report ? $"{Environment.NewLine}  {report.ToString().ReplaceLineEndings(Environment.NewLine + "  ")}" : "");

    /// <summary>From now on the client opens a session whenever it has none.</summary>
    internal void KeepConnected() => _connector.KeepConnected();

    /// <inheritdoc cref="Connector.WaitForCallbacksAsync"/>
    internal Task WaitForCallbacksAsync() => _connector.WaitForCallbacksAsync();

    internal ValueTask<TunnelPeer> GetPeerAsync(CancellationToken cancellationToken) =>
        _connector.GetPeerAsync(skipDelay: false, cancellationToken);

    private sealed class EmptyServiceProvider : IServiceProvider
    {
        public static readonly EmptyServiceProvider Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
