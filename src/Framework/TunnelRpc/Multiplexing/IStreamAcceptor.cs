namespace TunnelRpc.Multiplexing;

/// <summary>Takes the calls that the peer opens.</summary>
internal interface IStreamAcceptor
{
    /// <summary>
    /// A call has arrived whole; runs on the reader, so it decodes and queues, no more. It counts as running until
    /// <see cref="Multiplexer.ReleaseCall"/>, which is owed exactly once.
    /// </summary>
    void OnCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body);
}
