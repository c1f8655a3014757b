using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Load.Framing;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Serves frames and bulk bytes over connections that ASP.NET Core has upgraded.</summary>
internal sealed class UpgradeServer() : WebServer(HttpProtocols.Http1)
{
    public const string Frames = "frames";
    public const string Bytes = "bytes";

    private volatile FramePeer? _last;

    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        FramePeer peer = _last ?? throw new InvalidOperationException("Expected a connected client to call back, but there is none.");
        return CallLoop.RunAsync(() => peer.EchoAsync(Contract.Sample.One), concurrency, duration);
    }

    /// <summary>Configures the same memory blocks as the server of the tunnel, because they are a setting of the platform.</summary>
    protected override void Configure(WebApplicationBuilder builder) => builder.WebHost.UseTunnelRpcBuffers();

    protected override void Map(WebApplication application)
    {
        application.MapGet($"/{Frames}", ServeFramesAsync);
        application.MapGet($"/{Bytes}", ServeBytesAsync);
    }

    private async Task ServeFramesAsync(HttpContext context)
    {
        await using var channel = new StreamChannel(await UpgradeAsync(context, Frames));
        var peer = new FramePeer(channel);
        _last = peer;
        await peer.RunAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeBytesAsync(HttpContext context) =>
        await CopyProtocol.ServeAsync(await UpgradeAsync(context, Bytes)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static Task<Stream> UpgradeAsync(HttpContext context, string protocol)
    {
        context.Response.Headers.Upgrade = protocol;
        return context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }
}
