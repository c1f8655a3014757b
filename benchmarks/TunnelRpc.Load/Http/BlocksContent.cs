using System.Net;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Http;

/// <summary>A request body of <see cref="Blocks.Bytes"/> (100 MB).</summary>
internal sealed class BlocksContent : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        byte[] block = new byte[Blocks.Size];
        for (int i = 0; i < Blocks.Count; i++)
        {
            await stream.WriteAsync(block);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Blocks.Bytes;
        return true;
    }
}
