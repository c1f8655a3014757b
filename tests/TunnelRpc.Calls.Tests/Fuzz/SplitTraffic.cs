using TunnelRpc.Tests.Fuzz;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>Bytes in chunks of pseudo-random sizes, without waiting for opened streams.</summary>
internal sealed class SplitTraffic(byte[] bytes) : ITraffic
{
    public IAsyncEnumerable<byte[]> ChunksAsync(OpenedStreams opened) =>
        Mutation.Split(new Random(bytes.Length), bytes).ToAsyncEnumerable();
}
