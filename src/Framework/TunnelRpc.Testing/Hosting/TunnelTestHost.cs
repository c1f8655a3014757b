using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Client;
using TunnelRpc.Testing.Transports;
using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Hosting;

/// <summary>
/// A server and its clients in one process, over the in-memory transport: the real sessions, frames, codec and dispatch, no
/// sockets. Thread-safe; disposal ends the clients, then the server.
/// </summary>
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

    /// <summary>The server.</summary>
    public TunnelServer Server { get; }

    /// <summary>The server's services; for instance to get <see cref="ITunnelClients{TCallback}"/>.</summary>
    public IServiceProvider Services => _services;

    /// <summary>The first client; connected.</summary>
    public TunnelClient Client { get; private set; } = null!;

    /// <summary>Starts a server that serves one instance, and a client.</summary>
    public static Task<TunnelTestHost> StartAsync<TService>(
        TService service, Action<TunnelTestHostOptions>? configure = null, CancellationToken cancellationToken = default)
        where TService : class, ITunnelService<TService> =>
        StartAsync(server => server.AddService(service), configure, cancellationToken);

    /// <summary>Starts a server with what <paramref name="services"/> adds, and a client.</summary>
    public static async Task<TunnelTestHost> StartAsync(
        Action<TunnelServerBuilder> services, Action<TunnelTestHostOptions>? configure = null, CancellationToken cancellationToken = default)
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

    /// <summary>A stub of the first client.</summary>
    public TService Get<TService>()
        where TService : class, ITunnelService<TService> => Client.Get<TService>();

    /// <summary>Connects a further client; the host disposes it, too.</summary>
    public async Task<TunnelClient> ConnectAsync(Action<TunnelClientOptions>? configure = null, CancellationToken cancellationToken = default)
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

    /// <summary>Ends the clients, then the server; any number of times.</summary>
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
