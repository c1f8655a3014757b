using TunnelRpc.Tests.Fuzz;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>Bytes in pieces of random sizes, which wait for nothing.</summary>
internal sealed class SplitTraffic(byte[] bytes) : ITraffic
{
    public IAsyncEnumerable<byte[]> ChunksAsync(OpenedStreams opened) => Mutation.Split(new Random(bytes.Length), bytes).ToAsyncEnumerable();
}
