using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Gateway.Tests.Apps;

/// <summary>A gateway, a server with the name "shop" behind it, and a client in front of it.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private Relay(GatewayApp gateway, OriginApp origin, OriginHost host)
    {
        Gateway = gateway;
        Origin = origin;
        Host = host;
    }

    public GatewayApp Gateway { get; }

    public OriginApp Origin { get; }

    public OriginHost Host { get; }

    /// <summary>Sends requests as they are: no redirects, no cookies, no proxy.</summary>
    public HttpClient Client { get; } = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
    })
    {
        Timeout = TimeSpan.FromMinutes(5),
    };

    public static Task<Relay> StartAsync(
        RequestDelegate handler,
        Action<TunnelGatewayOptions>? gateway = null,
        Action<HttpOriginOptions>? origin = null,
        HttpProtocols protocols = HttpProtocols.Http1) =>
        StartAsync(OriginApp.StartAsync(handler, protocols), gateway, origin);

    public static async Task<Relay> StartAsync(
        Task<OriginApp> starting,
        Action<TunnelGatewayOptions>? gateway = null,
        Action<HttpOriginOptions>? origin = null,
        LateInput? late = null)
    {
        GatewayApp app = await GatewayApp.StartAsync(
            gateway, map: app => late?.Observe(app, "/apps"), listen: listen => late?.UseAt(listen));
        OriginApp server = await starting;
        return new Relay(app, server, await OriginHost.StartAsync(app, server, options: origin));
    }

    /// <summary>The address of a path of the origin.</summary>
    public Uri Address(string path = "/", bool http2 = false) => Gateway.Address("/apps/shop" + path, http2);

    /// <summary>A request over HTTP/2 without TLS.</summary>
    public HttpRequestMessage Http2(HttpMethod method, string path = "/") => new(method, Address(path, http2: true))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        await Origin.DisposeAsync();
        await Gateway.DisposeAsync();
    }
}
