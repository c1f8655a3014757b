using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TunnelRpc.Calls;
using TunnelRpc.Client.Hosting;
using TunnelRpc.Client.Negotiation;
using TunnelRpc.Client.Repeating;
using TunnelRpc.Hosting;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client;

/// <summary>
/// A tunnel to a server: calls its services, and serves it the callbacks. Connects at the first call or by
/// <see cref="ConnectAsync(CancellationToken)"/>; when the session has ended, the next call makes a new one. Thread-safe;
/// whoever made it disposes it.
/// </summary>
public sealed class TunnelClient : IAsyncDisposable
{
    private readonly TunnelClientOptions _options;
    private readonly FilterSet _filters;
    private readonly DispatchTable _table;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly CancellationTokenSource _disposed = new();
    private readonly TunnelInvoker _invoker;
    private readonly PathMemory _memory;

    // Replaced under _connecting.
    private volatile TunnelPeer? _peer;
    private volatile PathReport? _report;

    // Under _connecting: the end of paths that lost their race and of sessions that are over; and who keeps the session on a good one.
    private Task _leftovers = Task.CompletedTask;
    private PathKeeper? _keeper;

    // Under _connecting, but read without it: how often connecting has failed; and how it did last.
    private int _failures;
    private TunnelConnectException? _failure;

    /// <summary>A client that is not connected yet.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TunnelClient(TunnelClientOptions options, ILoggerFactory? loggers = null)
        : this(options, null, loggers)
    {
    }

    internal TunnelClient(IOptions<TunnelClientOptions> options, IServiceProvider services, ILoggerFactory? loggers)
        : this(options.Value, new ApplicationServices(services), loggers)
    {
        foreach (CallbackRegistration callback in services.GetServices<CallbackRegistration>())
        {
            callback.Registration.Register(_table, services);
        }
    }

    private TunnelClient(TunnelClientOptions options, ApplicationServices? services, ILoggerFactory? loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _memory = new PathMemory(options.TimeProvider);
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger("TunnelRpc.Client");
        _filters = new FilterSet(options.Filters, services);
        _table = new DispatchTable(_filters);
        _invoker = FilteringInvoker.Wrap(new ClientInvoker(this, null), _filters, options.TimeProvider);
        foreach (ServiceRegistration callback in options.Callbacks)
        {
            callback.Register(_table, NoServices.Instance);
        }
    }

    /// <summary>What was tried when the tunnel was connected last, and since, where the session has moved to another path; null before.</summary>
    public PathReport? Report => _report;

    /// <summary>Whether a session is up now.</summary>
    public bool IsConnected => Current is not null;

    /// <summary>The transport that carries the session; null when there is none.</summary>
    public string? Transport => Current?.Info.Connection.Transport;

    /// <summary>The session's name, as the server knows it; null when there is none.</summary>
    public string? SessionId => Current?.Info.Id;

    /// <summary>Completes when the session that is up now has ended.</summary>
    public Task SessionCompletion => _peer?.SessionCompletion ?? Task.CompletedTask;

    /// <summary>The connected peer, if its session has not ended and is not about to.</summary>
    internal TunnelPeer? Current => _peer is { IsGone: false } peer ? peer : null;

    /// <summary>Where calls of this moment go; null when that is to be made.</summary>
    internal TunnelPeer? Usable => Current;

    /// <summary>Whether calls whose session was lost are made again.</summary>
    internal bool RepeatsLostCalls => _options.RepeatLostCalls && !_disposed.IsCancellationRequested;

    internal TimeProvider TimeProvider => _options.TimeProvider;

    /// <summary>The calls under ordered dispatch.</summary>
    internal OrderedCalls OrderedCalls { get; } = new();

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

    /// <summary>A stub whose calls go to the server. May be made before the tunnel is connected, and kept.</summary>
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

    /// <summary>Connects unless a session is up.</summary>
    /// <exception cref="TunnelConnectException">There is no path to the server; its report says what was tried.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken = default) => await GetPeerAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Ends the session in order; calls under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync().ConfigureAwait(false);

        // Whoever connects sees the cancellation and leaves; then nobody makes a session any more.
        await _connecting.WaitAsync().ConfigureAwait(false);
        try
        {
            await StopKeepingAsync().ConfigureAwait(false);
            if (_peer is { } peer)
            {
                await peer.DisposeAsync().ConfigureAwait(false);
            }

            await _leftovers.ConfigureAwait(false);
        }
        finally
        {
            _connecting.Release();
        }
    }

    internal async ValueTask<TunnelPeer> GetPeerAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        if (Current is { } connected)
        {
            return connected;
        }

        int failures = Volatile.Read(ref _failures);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        try
        {
            await _connecting.WaitAsync(linked.Token).ConfigureAwait(false);
            try
            {
                if (Current is { } made)
                {
                    return made;
                }

                if (_failures != failures)
                {
                    // An attempt that this caller waited for has failed. If each caller tried again, the last one would wait for all.
                    throw new TunnelConnectException(_failure!.Report, _failure.InnerException);
                }

                return await DialAsync(linked.Token).ConfigureAwait(false);
            }
            finally
            {
                _connecting.Release();
            }
        }
        catch (OperationCanceledException cancelled)
        {
            ObjectDisposedException.ThrowIf(!cancellationToken.IsCancellationRequested, this);
            throw new OperationCanceledException("Connecting was cancelled.", cancelled, cancellationToken);
        }
    }

    private async Task<TunnelPeer> DialAsync(CancellationToken cancellationToken)
    {
        await StopKeepingAsync().ConfigureAwait(false);
        if (_peer is { } over)
        {
            // What is left of the session before ends by itself.
            _leftovers = Task.WhenAll(_leftovers, over.Completion);
        }

        TunnelEndpoint endpoint = _options.ToEndpoint();
        string way = $"{endpoint.Proxy} {LocalNetwork.Describe()}";
        var negotiator = new Negotiator(_options, endpoint, _memory, way);
        try
        {
            (NegotiatedPath path, PathReport report) = await negotiator.RunAsync(cancellationToken).ConfigureAwait(false);
            _report = report;
            ClientLog.Connected(_logger, report);
            var session = new TunnelSession(path.Info, path.Connection, path.Input, _options);
            var peer = new TunnelPeer(session, _options, _table, _logger, _filters);
            peer.Start();
            _keeper = new PathKeeper(session, path, report, _options, endpoint, _memory, way, _logger, changed => _report = changed);
            return _peer = peer;
        }
        catch (TunnelConnectException failed)
        {
            _report = failed.Report;
            _failure = failed;
            Volatile.Write(ref _failures, _failures + 1);
            ClientLog.ConnectFailed(_logger, failed.Report);
            throw;
        }
        finally
        {
            _leftovers = Task.WhenAll(_leftovers, negotiator.LosersClosed);
        }
    }

    private async Task StopKeepingAsync()
    {
        if (_keeper is { } keeper)
        {
            _keeper = null;
            await keeper.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class NoServices : IServiceProvider
    {
        public static readonly NoServices Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
