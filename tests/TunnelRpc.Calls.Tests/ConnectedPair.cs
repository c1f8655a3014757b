using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests;

/// <summary>A server and a client that are connected over any transport.</summary>
internal sealed class ConnectedPair : IAsyncDisposable
{
    private readonly Func<ValueTask> _dispose;

    private ConnectedPair(IServiceProvider services, TunnelClient client, Func<ValueTask> dispose)
    {
        Services = services;
        Client = client;
        _dispose = dispose;
    }

    public IServiceProvider Services { get; }

    public TunnelClient Client { get; }

    /// <summary>Starts the server and connects the client.</summary>
    /// <param name="transport">The transport of the client; null for an in-memory connection.</param>
    /// <param name="serve">Adds the services of the server.</param>
    /// <param name="server">Configures the options of the server.</param>
    /// <param name="client">Configures the options of the client, including the services that it serves.</param>
    /// <param name="protocols">The HTTP versions of the server; ignored for an in-memory connection.</param>
    public static async Task<ConnectedPair> StartAsync(
        ITransport? transport, Action<TunnelServerBuilder> serve, Action<TunnelServerOptions> server, Action<TunnelClientOptions> client,
            HttpProtocols protocols = HttpProtocols.Http1)
    {
        if (transport is null)
        {
            TunnelTestHost host = await TunnelTestHost.StartAsync(serve, o =>
            {
                o.ConfigureServer = server;
                o.ConfigureClient = client;
            });
            return new ConnectedPair(host.Services, host.Client, host.DisposeAsync);
        }

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0")
            .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = protocols));
        serve(builder.Services.AddTunnelRpc(server));
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        TunnelClient connected = await TunnelClient.ConnectAsync(new Uri(app.Urls.First() + "/tunnel"), o =>
        {
            o.Transports.Clear();
            o.Transports.Add(transport);
            client(o);
        });
        return new ConnectedPair(app.Services, connected, async () =>
        {
            await connected.DisposeAsync();
            await app.DisposeAsync();
        });
    }

    /// <summary>Returns a stub for calls in one direction.</summary>
    public TService Stub<TService>(bool serverCallsClient)
        where TService : class, ITunnelService<TService> => serverCallsClient
        ? Services.GetRequiredService<ITunnelClients<TService>>().Session(Client.SessionId!)
        : Client.Get<TService>();

    public ValueTask DisposeAsync() => _dispose();
}
