using TunnelRpc.Multiplexing;

namespace TunnelRpc.Tests.Peers;

/// <summary>Records the frames that a parser finds.</summary>
internal sealed class FrameRecorder : IFrameHandler
{
    public Queue<ReceivedFrame> Frames { get; } = new();

    public void OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body) =>
        Frames.Enqueue(new ReceivedFrame(type, flags, stream, body.ToArray()));
}
