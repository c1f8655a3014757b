namespace TunnelRpc.Load.Framing;

/// <summary>Receives frames. The reader calls it with one frame at a time.</summary>
internal interface IFrameHandler
{
    void OnFrame(FrameKind kind, uint id, ReadOnlySpan<byte> body);

    /// <summary>
    /// Whether the reader itself replies to the frames of the current stream. If so, it waits for send capacity before it reads more. The
    /// other side must then read without such waits, so that both sides cannot wait for each other.
    /// </summary>
    bool RepliesOnReader { get; }
}
