using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>
/// A server with default options and compression that is attacked. It trusts its clients to state their user and their address, so that
/// clients on one machine have different ones.
/// </summary>
internal sealed class VictimServer() : WebServer(HttpProtocols.Http1)
{
    public const string ReversePath = "/peers";
    public const string UserHeader = "X-User";
    public const string AddressHeader = "X-Forwarded-For";

    public override long CountedBytes => Services.GetRequiredService<TunnelServer>().MemoryBudget.AccountedBytes;

    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) =>
        throw new NotSupportedException("The server that is attacked does not measure calls to its clients.");

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddTunnelRpc(options => options.Compression.Algorithm = TunnelCompression.Brotli)
            .AddService<IVictimService, VictimService>();
    }

    protected override void Map(WebApplication application)
    {
        application.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor });
        application.Use((context, next) =>
        {
            if (context.Request.Headers[UserHeader].ToString() is { Length: > 0 } user)
            {
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user)], UserHeader));
            }

            return next(context);
        });
        application.MapTunnelRpc(TunnelLoadServer.Path);
        application.MapReverseHttp(ReversePath, async (peer, cancellationToken) =>
        {
            using HttpResponseMessage response = await peer.Client.GetAsync(new Uri("answer", UriKind.Relative), cancellationToken);
        });
    }
}
