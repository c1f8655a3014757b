using Google.Protobuf;
using Grpc.Core;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Peers.Grpc;

/// <summary>The measured methods.</summary>
internal sealed class GrpcLoadService : Load.LoadBase
{
    public override Task<GrpcSample> Echo(GrpcSample request, ServerCallContext context) => Task.FromResult(request);

    public override async Task DownloadItems(Period request, IServerStreamWriter<GrpcSample> responseStream, ServerCallContext context)
    {
        await foreach (GrpcSample item in Items.Of(GrpcSample.One, TimeSpan.FromMilliseconds(request.Milliseconds)))
        {
            await responseStream.WriteAsync(item);
        }
    }

    public override async Task<Count> UploadItems(IAsyncStreamReader<GrpcSample> requestStream, ServerCallContext context) =>
        new() { Items = await Items.CountAsync(requestStream.ReadAllAsync()) };

    public override async Task Download(Nothing request, IServerStreamWriter<Block> responseStream, ServerCallContext context)
    {
        await foreach (byte[] block in Blocks.Of(Blocks.Count, Blocks.Size))
        {
            await responseStream.WriteAsync(new Block { Content = UnsafeByteOperations.UnsafeWrap(block) });
        }
    }

    public override async Task<Count> Upload(IAsyncStreamReader<Block> requestStream, ServerCallContext context) =>
        new() { Items = await Items.CountAsync(requestStream.ReadAllAsync()) };
}
