using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Load.Peers.Contract;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Peers.SignalR;

/// <summary>SignalR over WebSocket, with MessagePack.</summary>
internal sealed class SignalRServer() : WebServer(HttpProtocols.Http1)
{
    public const string Path = "/hub";

    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        string id = Services.GetRequiredService<ConnectedClient>().Id
            ?? throw new InvalidOperationException("Expected a connected client, got none.");
        ISingleClientProxy client = Services.GetRequiredService<IHubContext<LoadHub>>().Clients.Client(id);
        return CallLoop.RunAsync(
            () => new ValueTask<PeerSample>(
                client.InvokeAsync<PeerSample>(nameof(LoadHub.Echo), PeerSample.One, CancellationToken.None)),
            concurrency,
            duration);
    }

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ConnectedClient>();

        // The default of 32 KiB is smaller than a block.
        builder.Services.AddSignalR(options => options.MaximumReceiveMessageSize = null).AddMessagePackProtocol();
    }

    protected override void Map(WebApplication application) => application.MapHub<LoadHub>(Path);
}
