namespace TunnelRpc.Multiplexing;

/// <summary>Takes parsed frames, one at a time, from the reader.</summary>
internal interface IFrameHandler
{
    /// <summary>The body is not used after the call.</summary>
    void OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body);
}
