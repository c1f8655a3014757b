using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Peers.Clients;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Peers.Grpc;

/// <summary>A channel with one connection.</summary>
internal sealed class GrpcClient : IPeerClient
{
    private readonly GrpcChannel _channel;
    private readonly Load.LoadClient _client;

    private GrpcClient(GrpcChannel channel)
    {
        _channel = channel;
        _client = new Load.LoadClient(channel);
    }

    public static async Task<IPeerClient> ConnectAsync(int port)
    {
        var channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{port}", new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false } });
        await channel.ConnectAsync();
        return new GrpcClient(channel);
    }

    public Task CallAsync() => EchoAsync().AsTask();

    public Task<Figures> CallAsync(int concurrency, TimeSpan duration) => CallLoop.RunAsync(EchoAsync, concurrency, duration);

    public async Task<long> DownloadItemsAsync(TimeSpan duration)
    {
        using AsyncServerStreamingCall<GrpcSample> call =
            _client.DownloadItems(new Period { Milliseconds = (int)duration.TotalMilliseconds });
        return await Items.CountAsync(call.ResponseStream.ReadAllAsync());
    }

    public async Task<long> UploadItemsAsync(TimeSpan duration)
    {
        using AsyncClientStreamingCall<GrpcSample, Count> call = _client.UploadItems();
        await foreach (GrpcSample item in Items.Of(GrpcSample.One, duration))
        {
            await call.RequestStream.WriteAsync(item);
        }

        await call.RequestStream.CompleteAsync();
        return (await call).Items;
    }

    public async Task DownloadBytesAsync()
    {
        using AsyncServerStreamingCall<Block> call = _client.Download(new Nothing());
        await Items.CountAsync(call.ResponseStream.ReadAllAsync());
    }

    public async Task UploadBytesAsync()
    {
        using AsyncClientStreamingCall<Block, Count> call = _client.Upload();
        await foreach (byte[] block in Blocks.Of(Blocks.Count, Blocks.Size))
        {
            await call.RequestStream.WriteAsync(new Block { Content = UnsafeByteOperations.UnsafeWrap(block) });
        }

        await call.RequestStream.CompleteAsync();
        await call;
    }

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<GrpcSample> EchoAsync()
    {
        using AsyncUnaryCall<GrpcSample> call = _client.EchoAsync(GrpcSample.One);
        return await call;
    }
}
