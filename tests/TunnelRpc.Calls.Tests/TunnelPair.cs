using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Hosting;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests;

/// <summary>A connected server and client that serve each other <see cref="ITestService"/>.</summary>
internal sealed class TunnelPair : IAsyncDisposable
{
    private readonly Func<ValueTask> _dispose;

    private TunnelPair(IServiceProvider services, TunnelClient client, TestService server, TestService clients, ContextService context, ReferenceService references, Func<ValueTask> dispose)
    {
        References = references;
        Context = context;
        Services = services;
        Client = client;
        AtServer = server;
        AtClient = clients;
        _dispose = dispose;
    }

    public IServiceProvider Services { get; }

    public TunnelClient Client { get; }

    /// <summary>Serves <see cref="IContextService"/> on both sides.</summary>
    public ContextService Context { get; }

    /// <summary>Serves <see cref="IReferenceService"/> on both sides.</summary>
    public ReferenceService References { get; }

    public TestService AtServer { get; }

    public TestService AtClient { get; }

    /// <summary>The stub of one direction, and the implementation that it reaches.</summary>
    public (ITestService Stub, TestService Implementation) Direction(bool serverCallsClient) => serverCallsClient
        ? (Services.GetRequiredService<ITunnelClients<ITestService>>().Session(Client.SessionId!), AtClient)
        : (Client.Get<ITestService>(), AtServer);

    public IContextService ContextStub(bool serverCallsClient) => serverCallsClient
        ? Services.GetRequiredService<ITunnelClients<IContextService>>().Session(Client.SessionId!)
        : Client.Get<IContextService>();

    public IReferenceService ReferenceStub(bool serverCallsClient) => serverCallsClient
        ? Services.GetRequiredService<ITunnelClients<IReferenceService>>().Session(Client.SessionId!)
        : Client.Get<IReferenceService>();

    public static async Task<TunnelPair> StartInMemoryAsync(Action<TunnelOptions>? options = null)
    {
        TunnelPair pair = null!;
        var server = new TestService(() => pair.Direction(serverCallsClient: true).Stub);
        var client = new TestService(() => pair.Direction(serverCallsClient: false).Stub);
        var context = new ContextService();
        var references = new ReferenceService();
        TunnelTestHost host = await TunnelTestHost.StartAsync(services => services.AddService<ITestService>(server).AddService<IContextService>(context).AddService<IReferenceService>(references), o =>
        {
            o.Server = s => Configure(s, options);
            o.Client = c =>
            {
                Configure(c, options);
                c.Serve<ITestService>(client);
                c.Serve<IContextService>(context);
                c.Serve<IReferenceService>(references);
            };
        });
        return pair = new TunnelPair(host.Services, host.Client, server, client, context, references, host.DisposeAsync);
    }

    public static async Task<TunnelPair> StartHttpAsync(ITransport transport, Action<TunnelOptions>? options = null)
    {
        TunnelPair pair = null!;
        var server = new TestService(() => pair.Direction(serverCallsClient: true).Stub);
        var client = new TestService(() => pair.Direction(serverCallsClient: false).Stub);
        var context = new ContextService();
        var references = new ReferenceService();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        TunnelServerBuilder tunnel = builder.Services.AddTunnelRpc(o => Configure(o, options));
        tunnel.AddService<ITestService>(server).AddService<IContextService>(context).AddService<IReferenceService>(references);
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        TunnelClient connected = await TunnelClient.ConnectAsync(new Uri(app.Urls.First() + "/tunnel"), o =>
        {
            Configure(o, options);
            o.Transports.Clear();
            o.Transports.Add(transport);
            o.Serve<ITestService>(client);
            o.Serve<IContextService>(context);
            o.Serve<IReferenceService>(references);
        });
        return pair = new TunnelPair(app.Services, connected, server, client, context, references, async () =>
        {
            await connected.DisposeAsync();
            await app.DisposeAsync();
        });
    }

    public ValueTask DisposeAsync() => _dispose();

    private static void Configure(TunnelOptions options, Action<TunnelOptions>? configure)
    {
        options.IncludeExceptionDetails = false;
        configure?.Invoke(options);
    }
}
