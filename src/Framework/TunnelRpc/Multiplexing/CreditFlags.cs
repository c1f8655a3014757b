namespace TunnelRpc.Multiplexing;

/// <summary>Flags of CREDIT that have another meaning on CALL.</summary>
internal static class CreditFlags
{
    /// <summary>The window of the stream is larger by the credit. The same bit as <see cref="FrameFlags.End"/>.</summary>
    public const FrameFlags Window = (FrameFlags)0x80;
}
