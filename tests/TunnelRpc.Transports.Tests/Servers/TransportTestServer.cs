using System.Net;
using System.Security.Claims;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.AspNetCore.Http;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>A real Kestrel server on a free loopback port that passes exchanges to acceptors, as the framework's host does.</summary>
internal sealed class TransportTestServer : IAsyncDisposable
{
    /// <summary>A request with this header is authenticated as the user of its value.</summary>
    public const string UserHeader = "X-Test-User";

    private readonly WebApplication _app;
    private readonly Channel<HostedConnection> _arrived = Channel.CreateUnbounded<HostedConnection>();

    private TransportTestServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    public TunnelEndpoint Endpoint => new(Address);

    public static async Task<TransportTestServer> StartAsync(
        IReadOnlyList<ITransportAcceptor> acceptors,
        Action<IEndpointRouteBuilder>? mapEndpoints = null,
        bool tls = false,
        HttpProtocols protocols = HttpProtocols.Http1AndHttp2,
        Action<HttpsConnectionAdapterOptions>? https = null,
        Action<WebApplication>? use = null,
        LateInput? late = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        if (tls)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            late?.UseAt(listen);
            if (tls)
            {
                listen.UseHttps(TestCertificates.Create("CN=localhost"), options => https?.Invoke(options));
            }
        }));
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        TransportTestServer server = new(app);
        late?.Observe(app, "");
        use?.Invoke(app);
        app.Map("/tunnel/{**rest}", context => server.ServeAsync(context, acceptors));
        mapEndpoints?.Invoke(app);
        await app.StartAsync();
        IFeatureCollection features = app.Services.GetRequiredService<IServer>().Features;
        string address = features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        server.Address = new Uri(new Uri(address), "/tunnel");
        return server;
    }

    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken)
        => await _arrived.Reader.ReadAsync(cancellationToken);

    /// <summary>Stops the server at once and cuts open connections.</summary>
    public Task StopAsync() => _app.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context, IReadOnlyList<ITransportAcceptor> acceptors)
    {
        if (context.Request.Headers.TryGetValue(UserHeader, out var user))
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user.ToString())], "test"));
        }
        else if (context.Connection.ClientCertificate is { } certificate)
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, certificate.Subject)], "test"));
        }

        HttpContextExchange exchange = HttpContextExchange.Start(context, context.Request.Path.Value!["/tunnel".Length..]);
        if (acceptors.FirstOrDefault(acceptor => acceptor.CanAccept(exchange)) is not { } acceptor)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        try
        {
            if (await acceptor.AcceptAsync(exchange, context.RequestAborted) is { } connection)
            {
                HostedConnection hosted = new(connection);
                await _arrived.Writer.WriteAsync(hosted);
                await ((connection as ILegConnection)?.ExchangeCompleted ?? hosted.Disposed);
            }
        }
        catch (TransportException)
        {
            // The connection was refused or broke while it was being opened. That ends this exchange only, as in the framework's host.
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected.
        }
    }
}
