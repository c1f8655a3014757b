using TunnelRpc.Multiplexing;

namespace TunnelRpc.Tests.Peers;

internal sealed record ReceivedFrame(FrameType Type, FrameFlags Flags, ulong Stream, byte[] Body);
