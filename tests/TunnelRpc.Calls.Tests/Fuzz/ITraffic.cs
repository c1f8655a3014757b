namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>The bytes that a test sends to a side after its handshake.</summary>
internal interface ITraffic
{
    /// <summary>Returns the chunks to write, in order.</summary>
    /// <param name="opened">The streams that the receiving side has opened so far.</param>
    IAsyncEnumerable<byte[]> ChunksAsync(OpenedStreams opened);
}
