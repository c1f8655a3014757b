using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Peers.Clients;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Peers.Plain;

/// <summary>A client with default options, which serves <see cref="IPlainClient"/>.</summary>
internal sealed class PlainClient(TunnelClient tunnel) : IPeerClient
{
    private readonly IPlainLoad _server = tunnel.Get<IPlainLoad>();

    public static async Task<IPeerClient> ConnectAsync(int port) => new PlainClient(await TunnelClient.ConnectAsync(
        new Uri($"http://127.0.0.1:{port}{PlainServer.Path}"), options => options.Serve<IPlainClient>(new Callbacks())));

    public Task CallAsync() => _server.EchoAsync(PlainSample.One);

    public Task<Figures> CallAsync(int concurrency, TimeSpan duration) =>
        CallLoop.RunAsync(() => new ValueTask<PlainSample>(_server.EchoAsync(PlainSample.One)), concurrency, duration);

    public Task<long> DownloadItemsAsync(TimeSpan duration) =>
        Items.CountAsync(_server.DownloadItemsAsync((int)duration.TotalMilliseconds));

    public Task<long> UploadItemsAsync(TimeSpan duration) => _server.UploadItemsAsync(Items.Of(PlainSample.One, duration));

    public Task DownloadBytesAsync() => Items.CountAsync(_server.DownloadAsync());

    public Task UploadBytesAsync() => _server.UploadAsync(Blocks.Of(Blocks.Count, Blocks.Size));

    public ValueTask DisposeAsync() => tunnel.DisposeAsync();

    private sealed class Callbacks : IPlainClient
    {
        public Task<PlainSample> EchoAsync(PlainSample sample, CancellationToken cancellationToken) => Task.FromResult(sample);
    }
}
