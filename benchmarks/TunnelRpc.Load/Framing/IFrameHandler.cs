namespace TunnelRpc.Load.Framing;

/// <summary>Takes frames, one at a time, on the reader.</summary>
internal interface IFrameHandler
{
    void OnFrame(FrameKind kind, uint id, ReadOnlySpan<byte> body);

    /// <summary>Whether what is read now is answered by the reader, which then must not read faster than it can answer. The other side must read all the time.</summary>
    bool RepliesOnReader { get; }
}
