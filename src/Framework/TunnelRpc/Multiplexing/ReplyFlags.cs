namespace TunnelRpc.Multiplexing;

/// <summary>What the flag that is ONEWAY on CALL means on REPLY.</summary>
internal static class ReplyFlags
{
    /// <summary>The call has not run, and does not: the callee did not accept it.</summary>
    public const FrameFlags Refused = (FrameFlags)0x20;
}
