using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Load.Framing;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Serves frames, and bytes, over connections that ASP.NET Core has upgraded.</summary>
internal sealed class UpgradeServer : ILoadServer
{
    public const string Frames = "frames";
    public const string Bytes = "bytes";

    private WebApplication? _application;
    private volatile FramePeer? _last;

    public async Task<int[]> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        _application = builder.Build();
        _application.MapGet($"/{Frames}", ServeFramesAsync);
        _application.MapGet($"/{Bytes}", ServeBytesAsync);
        await _application.StartAsync();
        return [.. _application.Urls.Select(url => new Uri(url).Port)];
    }

    public Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        FramePeer peer = _last ?? throw new InvalidOperationException("Expected a client to call back, there is none.");
        return CallLoop.RunAsync(() => peer.EchoAsync(Contract.Sample.One), concurrency, duration);
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }
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
