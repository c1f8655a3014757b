using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Calls.Tests.Lifetimes;
using TunnelRpc.Client;
using TunnelRpc.Testing.Transports;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>
/// An in-memory server of the contracts of the conformance tests, for clients that follow the protocol and for clients that do not.
/// </summary>
internal sealed class FuzzServer : IAsyncDisposable
{
    /// <summary>The role that <see cref="IGuarded"/> requires of the clients of the server.</summary>
    public const string GuardedRole = "guard";

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
        services.AddLogging();
        services.AddAuthorizationCore();
        services.AddTunnelRpc(options => Configure(options, compression))
            .AddService<ITestService>(new TestService(static () => TunnelCallContext.Current!.GetCallback<ITestService>()))
            .AddService<IReferenceService>(new ReferenceService())
            .AddService<IPassingOther>(CreateReceiver())
            .AddService<IGuarded>(new Guarded()).RequireAuthorization(policy => policy.RequireRole(GuardedRole));
        var server = new FuzzServer(services.BuildServiceProvider(), log, compression);
        server._accepting = server.AcceptAsync();
        return Task.FromResult(server);
    }

    /// <summary>Sets the options that both sides of a session need.</summary>
    public static void Configure(TunnelOptions options, TunnelCompression compression)
    {
        options.Compression.Algorithm = compression;
        options.Compression.MinimumSize = 64;
    }

    public static void Serve(TunnelClientOptions options)
    {
        options.Serve<ITestService>(new TestService(static () => TunnelCallContext.Current!.GetCallback<ITestService>()));
        options.Serve<IReferenceService>(new ReferenceService());
        options.Serve<IPassingOther>(CreateReceiver());
        options.Serve<IGuarded>(new Guarded());
    }

    /// <summary>Connects a client that follows the protocol.</summary>
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

    /// <summary>Starts calls of every shape from the server to one client.</summary>
    public Task[] CallClient(string session, List<PassingPair.Counted>? passed = null)
    {
        return EveryShape.Start(new FuzzStubs(Get<ITestService>(), Get<IReferenceService>(), Get<IPassing>(), Get<IGuarded>()), passed);

        T Get<T>()
            where T : class, ITunnelService<T> => _services.GetRequiredService<ITunnelClients<T>>().Session(session);
    }

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

    private static PassingPair.Receiver CreateReceiver()
    {
        var receiver = new PassingPair.Receiver();
        receiver.Gate.SetResult();
        return receiver;
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
