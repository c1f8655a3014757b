using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Client;
using TunnelRpc.Testing.Transports;
using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Hosting;

/// <summary>
/// A server and its clients in one process, for tests. They use the in-memory transport with the real sessions, frames, codec and dispatch,
/// and no sockets.
/// </summary>
/// <remarks>
/// <para>Thread-safety: all members are thread-safe.</para>
/// <para>Disposal: the test that starts the host disposes it. Disposal disposes the clients, then the server, then its services. It
/// completes when the sessions have ended.</para>
/// </remarks>
public sealed class TunnelTestHost : IAsyncDisposable
{
    private static readonly Uri Address = new("http://in-memory.invalid/tunnel");

    private readonly ServiceProvider _services;
    private readonly InMemoryListener _listener = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TunnelTestHostOptions _options;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly List<TunnelClient> _clients = [];
    private Task? _disposal;
    private Task _accepting = Task.CompletedTask;

    private TunnelTestHost(Action<TunnelServerBuilder> services, TunnelTestHostOptions options)
    {
        _options = options;
        var collection = new ServiceCollection();
        collection.AddLogging();
        services(collection.AddTunnelRpc(server =>
        {
            server.TimeProvider = options.TimeProvider;
            server.IncludeExceptionDetails = true;
            options.ConfigureServer?.Invoke(server);
        }));
        _services = collection.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        Server = _services.GetRequiredService<TunnelServer>();
    }

    /// <summary>The server. The host owns it.</summary>
    public TunnelServer Server { get; }

    /// <summary>The server's services, for instance <see cref="ITunnelClients{TCallback}"/>.</summary>
    public IServiceProvider Services => _services;

    /// <summary>The first client, connected by <c>StartAsync</c>. The host owns it.</summary>
    public TunnelClient Client { get; private set; } = null!;

    /// <summary>Starts a server that serves one instance, and connects a client.</summary>
    /// <typeparam name="TService">The contract that the server serves.</typeparam>
    /// <param name="service">The implementation. It serves all calls.</param>
    /// <param name="configure">Sets the options of the host; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the connect of the client.</param>
    /// <returns>The host. The caller disposes it.</returns>
    /// <exception cref="TunnelConnectException">The client cannot connect, for instance because the server refuses it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task<TunnelTestHost> StartAsync<TService>(
        TService service, Action<TunnelTestHostOptions>? configure = null, CancellationToken cancellationToken = default)
        where TService : class, ITunnelService<TService> =>
        StartAsync(server => server.AddService(service), configure, cancellationToken);

    /// <summary>Starts a server with configured services, and connects a client.</summary>
    /// <param name="services">Adds the services to the server.</param>
    /// <param name="configure">Sets the options of the host; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the connect of the client.</param>
    /// <returns>The host. The caller disposes it.</returns>
    /// <exception cref="TunnelConnectException">The client cannot connect, for instance because the server refuses it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<TunnelTestHost> StartAsync(
        Action<TunnelServerBuilder> services,
        Action<TunnelTestHostOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new TunnelTestHostOptions();
        configure?.Invoke(options);
        var host = new TunnelTestHost(services, options);
        try
        {
            host._accepting = host.AcceptAsync();
            host.Client = await host.ConnectAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Returns a stub of the first client.</summary>
    /// <typeparam name="TService">The contract to call.</typeparam>
    public TService Get<TService>()
        where TService : class, ITunnelService<TService> => Client.Get<TService>();

    /// <summary>Connects a further client. The host disposes it.</summary>
    /// <param name="configure">
    /// Sets the options of this client, after <see cref="TunnelTestHostOptions.ConfigureClient"/>; null for none.
    /// </param>
    /// <param name="cancellationToken">Cancels the connect.</param>
    /// <exception cref="TunnelConnectException">The client cannot connect, for instance because the host is disposed.</exception>
    /// <exception cref="ObjectDisposedException">The host was disposed while the client connected.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TunnelClient> ConnectAsync(
        Action<TunnelClientOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        TunnelClient client = await TunnelClient.ConnectAsync(
            Address,
            options =>
            {
                options.TimeProvider = _options.TimeProvider;
                options.IncludeExceptionDetails = true;
                options.Transports.Clear();
                options.Transports.Add(new InMemoryTransport(_listener));
                _options.ConfigureClient?.Invoke(options);
                configure?.Invoke(options);
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            if (_disposal is null)
            {
                _clients.Add(client);
                return client;
            }
        }

        await client.DisposeAsync().ConfigureAwait(false);
        throw new ObjectDisposedException(nameof(TunnelTestHost));
    }

    /// <summary>Disposes the clients, then the server. It may be called any number of times.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposal ??= StopAsync([.. _clients]));
        }
    }

    private async Task StopAsync(TunnelClient[] clients)
    {
        foreach (TunnelClient client in clients)
        {
            await client.DisposeAsync().ConfigureAwait(false);
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        await _services.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                ITransportConnection connection = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                serving.RemoveAll(t => t.IsCompleted);
                serving.Add(Server.ServeAsync(connection, _stopping.Token));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or TransportException)
        {
            await Task.WhenAll(serving).ConfigureAwait(false);
        }
    }
}
