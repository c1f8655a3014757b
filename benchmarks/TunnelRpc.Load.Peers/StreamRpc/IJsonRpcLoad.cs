using PolyType;
using StreamJsonRpc;
using TunnelRpc.Load.Peers.Contract;

namespace TunnelRpc.Load.Peers.StreamRpc;

/// <summary>The measured contract. Both sides serve it.</summary>
[JsonRpcContract]
[GenerateShape(IncludeMethods = MethodShapeFlags.PublicInstance)]
public partial interface IJsonRpcLoad
{
    Task<PeerSample> EchoAsync(PeerSample sample);

    IAsyncEnumerable<PeerSample> DownloadItemsAsync(int milliseconds);

    Task<long> UploadItemsAsync(IAsyncEnumerable<PeerSample> items);

    IAsyncEnumerable<byte[]> DownloadAsync();

    Task<long> UploadAsync(IAsyncEnumerable<byte[]> blocks);
}
