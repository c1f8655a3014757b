using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Client;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests;

/// <summary>A connected server and client that both serve the contracts of the conformance tests.</summary>
internal sealed class TunnelPair : IAsyncDisposable
{
    private readonly ConnectedPair _pair;

    private TunnelPair(ConnectedPair pair, TestService server, TestService client, ContextService context, ReferenceService references)
    {
        _pair = pair;
        AtServer = server;
        AtClient = client;
        Context = context;
        References = references;
    }

    public IServiceProvider Services => _pair.Services;

    public TunnelClient Client => _pair.Client;

    /// <summary>The implementation of <see cref="IContextService"/> on both sides.</summary>
    public ContextService Context { get; }

    /// <summary>The implementation of <see cref="IReferenceService"/> on both sides.</summary>
    public ReferenceService References { get; }

    public TestService AtServer { get; }

    public TestService AtClient { get; }

    /// <summary>Returns the stub of one direction and the implementation that it calls.</summary>
    public (ITestService Stub, TestService Implementation) Direction(bool serverCallsClient) =>
        (_pair.Stub<ITestService>(serverCallsClient), serverCallsClient ? AtClient : AtServer);

    public IContextService ContextStub(bool serverCallsClient) => _pair.Stub<IContextService>(serverCallsClient);

    public IReferenceService ReferenceStub(bool serverCallsClient) => _pair.Stub<IReferenceService>(serverCallsClient);

    public static Task<TunnelPair> StartInMemoryAsync(Action<TunnelOptions>? options = null) => StartAsync(null, options);

    public static Task<TunnelPair> StartHttpAsync(
        ITransport transport, Action<TunnelOptions>? options = null, HttpProtocols protocols = HttpProtocols.Http1)
        => StartAsync(transport, options, protocols);

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    private static async Task<TunnelPair> StartAsync(
        ITransport? transport, Action<TunnelOptions>? options, HttpProtocols protocols = HttpProtocols.Http1)
    {
        ConnectedPair pair = null!;
        var server = new TestService(() => pair.Stub<ITestService>(serverCallsClient: true));
        var client = new TestService(() => pair.Stub<ITestService>(serverCallsClient: false));
        var context = new ContextService();
        var references = new ReferenceService();
        pair = await ConnectedPair.StartAsync(
            transport,
            services => services.AddService<ITestService>(server)
                .AddService<IContextService>(context).AddService<IReferenceService>(references),
            o => Configure(o, options),
            o =>
            {
                Configure(o, options);
                o.Serve<ITestService>(client);
                o.Serve<IContextService>(context);
                o.Serve<IReferenceService>(references);
            },
            protocols);
        return new TunnelPair(pair, server, client, context, references);
    }

    private static void Configure(TunnelOptions options, Action<TunnelOptions>? configure)
    {
        options.IncludeExceptionDetails = false;
        configure?.Invoke(options);
    }
}
