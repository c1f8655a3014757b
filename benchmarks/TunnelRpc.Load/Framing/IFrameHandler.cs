namespace TunnelRpc.Load.Framing;

/// <summary>Takes frames, one at a time, on the reader.</summary>
internal interface IFrameHandler
{
    void OnFrame(FrameKind kind, uint id, ReadOnlySpan<byte> body);
}
