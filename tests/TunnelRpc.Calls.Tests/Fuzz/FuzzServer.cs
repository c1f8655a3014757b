using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Testing.Transports;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>A server of the calls suites' contracts in memory, for any number of clients, honest and other ones.</summary>
internal sealed class FuzzServer : IAsyncDisposable
{
    private static readonly Uri Address = new("http://in-memory.invalid/tunnel");

    private readonly ServiceProvider _services;
    private readonly TunnelCompression _compression;
    private readonly InMemoryListener _listener = new();
    private readonly List<TunnelClient> _clients = [];
    private Task _accepting = Task.CompletedTask;

    private FuzzServer(ServiceProvider services, RecordingLoggerFactory log, TunnelCompression compression)
    {
        _services = services;
        _compression = compression;
        Log = log;
        Server = services.GetRequiredService<TunnelServer>();
    }

    public TunnelServer Server { get; }

    public RecordingLoggerFactory Log { get; }

    public ITransport Transport => new InMemoryTransport(_listener);

    public static Task<FuzzServer> StartAsync(TunnelCompression compression)
    {
        var log = new RecordingLoggerFactory();
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(log);
        services.AddTunnelRpc(options => Configure(options, compression))
            .AddService<ITestService>(new TestService(static () => TunnelCallContext.Current!.GetCallback<ITestService>()))
            .AddService<IReferenceService>(new ReferenceService());
        var server = new FuzzServer(services.BuildServiceProvider(), log, compression);
        server._accepting = server.AcceptAsync();
        return Task.FromResult(server);
    }

    /// <summary>What both sides of a session are given besides.</summary>
    public static void Configure(TunnelOptions options, TunnelCompression compression)
    {
        options.Compression.Algorithm = compression;
        options.Compression.MinimumSize = 64;
    }

    public static void Serve(TunnelClientOptions options)
    {
        options.Serve<ITestService>(new TestService(static () => TunnelCallContext.Current!.GetCallback<ITestService>()));
        options.Serve<IReferenceService>(new ReferenceService());
    }

    /// <summary>An honest client.</summary>
    public async Task<TunnelClient> ConnectAsync(ITransport transport)
    {
        TunnelClient client = await TunnelClient.ConnectAsync(Address, options =>
        {
            Configure(options, _compression);
            options.Transports.Clear();
            options.Transports.Add(transport);
            Serve(options);
        });
        _clients.Add(client);
        return client;
    }

    /// <summary>The server calls one of its clients in every way.</summary>
    public Task[] CallClient(string session) => EveryShape.Start(
        _services.GetRequiredService<ITunnelClients<ITestService>>().Session(session),
        _services.GetRequiredService<ITunnelClients<IReferenceService>>().Session(session));

    public async ValueTask DisposeAsync()
    {
        foreach (TunnelClient client in _clients)
        {
            await client.DisposeAsync();
        }

        await _listener.DisposeAsync();
        await _accepting;
        await _services.DisposeAsync();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(Server.ServeAsync(await _listener.AcceptAsync(), CancellationToken.None));
            }
        }
        catch (TransportException)
        {
            // The listener is disposed.
            await Task.WhenAll(serving).DefaultTimeout();
        }
    }
}
