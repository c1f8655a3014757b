using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>
/// The frames of a correct client in a session in which the server has opened stream 2, a unary call, and stream 4, a duplex call.
/// </summary>
internal static class RecordedFrames
{
    public static byte[][] Frames { get; } =
    [
        Wire.Frame(FrameType.Call, FrameFlags.End, 1, 1, 2, 3, 4, 0x90),
        Wire.Frame(FrameType.Call, FrameFlags.None, 3, 1, 2, 3, 4, 0x90),
        Wire.Frame(FrameType.Item, FrameFlags.None, 3, 1, 2, 3),
        Wire.Frame(FrameType.Fragment, FrameFlags.None, 3, new byte[200]),
        Wire.Frame(FrameType.Item, FrameFlags.None, 3, 9),
        Wire.Frame(FrameType.Credit, FrameFlags.None, 3, Wire.VarInt(5000)),
        Wire.Frame(FrameType.Reply, FrameFlags.None, 2, 0, 0xC0),
        Wire.Frame(FrameType.Fragment, FrameFlags.None, 5, new byte[100]),
        Wire.Frame(FrameType.Item, FrameFlags.None, 4, 1, 2),
        Wire.Frame(FrameType.Call, FrameFlags.End | FrameFlags.OneWay, 5, 1, 2, 3, 4),
        Wire.Frame(FrameType.End, FrameFlags.None, 3),
        Wire.Frame(FrameType.Cancel, FrameFlags.None, 1, 1),
        Wire.Frame(FrameType.End, FrameFlags.None, 4),
        Wire.Frame(FrameType.Fragment, FrameFlags.None, 7, new byte[50]),
        Wire.Frame(FrameType.Cancel, FrameFlags.None, 7, 1),
    ];

    public static byte[] FromClient { get; } = [.. Frames.SelectMany(f => f)];
}
