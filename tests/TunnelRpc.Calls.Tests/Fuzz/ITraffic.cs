namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>What a side is fed with behind its handshake.</summary>
internal interface ITraffic
{
    /// <summary>The pieces in which it is written.</summary>
    /// <param name="opened">What the fed side has opened by now.</param>
    IAsyncEnumerable<byte[]> ChunksAsync(OpenedStreams opened);
}
