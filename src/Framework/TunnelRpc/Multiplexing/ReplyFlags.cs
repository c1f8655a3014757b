namespace TunnelRpc.Multiplexing;

/// <summary>Flags of REPLY that have another meaning on CALL.</summary>
internal static class ReplyFlags
{
    /// <summary>The callee refused the call: it has not run, and will not. The same bit as <see cref="FrameFlags.OneWay"/>.</summary>
    public const FrameFlags Refused = (FrameFlags)0x20;
}
