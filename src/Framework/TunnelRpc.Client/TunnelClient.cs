using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TunnelRpc.Calls;
using TunnelRpc.Client.Connecting;
using TunnelRpc.Client.Hosting;
using TunnelRpc.Client.Paths;
using TunnelRpc.Client.Retries;
using TunnelRpc.Hosting;

namespace TunnelRpc.Client;

/// <summary>
/// A tunnel to a server: calls its services, and serves it the callbacks. Connects at the first call or by
/// <see cref="ConnectAsync(CancellationToken)"/>, and stays connected from then on, unless <see cref="TunnelClientOptions.StayConnected"/> is off: a
/// session that loses its path goes on on another one, and where that cannot be, there is a new session. Thread-safe; whoever made it disposes it.
/// </summary>
public sealed class TunnelClient : ITunnelClient, IAsyncDisposable
{
    private readonly TunnelClientOptions _options;
    private readonly DispatchTable _table;
    private readonly TunnelInvoker _invoker;
    private readonly StateNotifier _stateNotifier;
    private readonly Connector _connector;
    private volatile PathReport? _report;

    /// <summary>A client that is not connected yet.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TunnelClient(TunnelClientOptions options, ILoggerFactory? loggerFactory = null)
        : this(options, null, loggerFactory)
    {
    }

    internal TunnelClient(IOptions<TunnelClientOptions> options, IServiceProvider services, ILoggerFactory? loggerFactory)
        : this(options.Value, new ApplicationServices(services), loggerFactory)
    {
        foreach (CallbackRegistration callback in services.GetServices<CallbackRegistration>())
        {
            callback.Registration.Register(_table, services);
        }
    }

    private TunnelClient(TunnelClientOptions options, ApplicationServices? services, ILoggerFactory? loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        ILogger logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("TunnelRpc.Client");
        var filters = new FilterSet(options.Filters, services);
        _table = new DispatchTable(filters);
        _invoker = FilteringInvoker.Wrap(new ClientInvoker(this, null), filters, options.TimeProvider);
        _stateNotifier = new StateNotifier(change => StateChanged?.Invoke(this, change), logger);
        _connector = new Connector(
            options,
            session => new TunnelPeer(session, options, _table, logger, filters),
            report => _report = report,
            _stateNotifier,
            logger);
        foreach (ServiceRegistration callback in options.Callbacks)
        {
            callback.Register(_table, EmptyServiceProvider.Instance);
        }
    }

    /// <inheritdoc/>
    public event EventHandler<TunnelClientStateChangedEventArgs>? StateChanged;

    /// <inheritdoc/>
    public TunnelClientState State => _stateNotifier.State;

    /// <inheritdoc/>
    public PathReport? Report => _report;

    /// <summary>Whether a session is up now, if perhaps without a path for the moment.</summary>
    public bool IsConnected => CurrentPeer is not null;

    /// <inheritdoc/>
    public string? Transport => CurrentPeer?.Parameters.Connection.Transport;

    /// <inheritdoc/>
    public string? SessionId => CurrentPeer?.Parameters.Id;

    /// <summary>Completes when the session that is up now has ended.</summary>
    public Task SessionCompletion => _connector.SessionCompletion;

    /// <summary>The connected peer, if its session has not ended and is not about to.</summary>
    internal TunnelPeer? CurrentPeer => _connector.CurrentSession?.Peer;

    /// <summary>Where calls of this moment go; null when that is to be made.</summary>
    internal TunnelPeer? UsablePeer => _connector.HasDrainingSession ? _connector.FindDrainingPeer(TunnelCallContext.Current?.SessionId) ?? CurrentPeer : CurrentPeer;

    /// <summary>Whether calls whose session was lost are made again.</summary>
    internal bool CanRetryCalls => _options.RetryInterruptedCalls && !_connector.IsDisposed;

    internal TimeProvider TimeProvider => _options.TimeProvider;

    /// <summary>The calls under ordered dispatch.</summary>
    internal OrderedCallTracker OrderedCalls { get; } = new();

    /// <summary>Makes a client and connects it.</summary>
    /// <param name="address">The URL given to MapTunnelRpc.</param>
    /// <param name="configure">Sets the other options, and the callbacks to serve.</param>
    /// <param name="cancellationToken">Gives up connecting.</param>
    /// <exception cref="TunnelConnectException">There is no path to the server; its report says what was tried.</exception>
    public static async Task<TunnelClient> ConnectAsync(
        Uri address, Action<TunnelClientOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        var options = new TunnelClientOptions { Address = address };
        configure?.Invoke(options);
        var client = new TunnelClient(options);
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
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition.CreateStub(_invoker);

    /// <summary>
    /// Serves a contract to the server from now on. To serve from the first moment of the tunnel on, use
    /// <see cref="TunnelClientOptions.Serve{TService}"/>. The instance must be thread-safe and is not disposed.
    /// </summary>
    public void Serve<TService>(TService instance)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(instance);
        _table.Add(TService.TunnelDefinition, new InstanceActivator<TService>(instance));
    }

    /// <inheritdoc/>
    public async Task ConnectAsync(CancellationToken cancellationToken = default) =>
        await _connector.GetPeerAsync(skipDelay: true, cancellationToken).ConfigureAwait(false);

    /// <summary>Ends the session in order; calls under way fail.</summary>
    public ValueTask DisposeAsync() => _connector.DisposeAsync();

    /// <summary>From now on there is a session whenever there can be one.</summary>
    internal void KeepConnected() => _connector.KeepConnected();

    internal ValueTask<TunnelPeer> GetPeerAsync(CancellationToken cancellationToken) => _connector.GetPeerAsync(skipDelay: false, cancellationToken);

    private sealed class EmptyServiceProvider : IServiceProvider
    {
        public static readonly EmptyServiceProvider Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
