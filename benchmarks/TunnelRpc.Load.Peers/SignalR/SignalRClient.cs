using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Peers.Clients;
using TunnelRpc.Load.Peers.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Peers.SignalR;

/// <summary>A connection to <see cref="LoadHub"/>.</summary>
internal sealed class SignalRClient(HubConnection connection) : IPeerClient
{
    public static async Task<IPeerClient> ConnectAsync(int port)
    {
        HubConnection connection = new HubConnectionBuilder()
            .WithUrl($"http://127.0.0.1:{port}{SignalRServer.Path}", HttpTransportType.WebSockets, http => http.SkipNegotiation = true)
            .AddMessagePackProtocol()
            .Build();
        connection.On(nameof(LoadHub.Echo), (PeerSample sample) => sample);
        await connection.StartAsync();
        return new SignalRClient(connection);
    }

    public Task CallAsync() => EchoAsync();

    public Task<Figures> CallAsync(int concurrency, TimeSpan duration) =>
        CallLoop.RunAsync(() => new ValueTask<PeerSample>(EchoAsync()), concurrency, duration);

    public Task<long> DownloadItemsAsync(TimeSpan duration) =>
        Items.CountAsync(connection.StreamAsync<PeerSample>(nameof(LoadHub.DownloadItems), (int)duration.TotalMilliseconds));

    public Task<long> UploadItemsAsync(TimeSpan duration) =>
        connection.InvokeAsync<long>(nameof(LoadHub.UploadItems), Items.Of(PeerSample.One, duration));

    public Task DownloadBytesAsync() => Items.CountAsync(connection.StreamAsync<byte[]>(nameof(LoadHub.Download)));

    public Task UploadBytesAsync() => connection.InvokeAsync<long>(nameof(LoadHub.Upload), Blocks.Of(Blocks.Count, Blocks.Size));

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private Task<PeerSample> EchoAsync() => connection.InvokeAsync<PeerSample>(nameof(LoadHub.Echo), PeerSample.One);
}
