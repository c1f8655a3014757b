namespace TunnelRpc.Sessions;

/// <summary>A status on the wire. Numbers that this version does not know are <see cref="TunnelStatus.Unknown"/>.</summary>
internal static class StatusByte
{
    public static TunnelStatus Read(byte value) =>
        value <= (byte)TunnelStatus.Unauthenticated ? (TunnelStatus)value : TunnelStatus.Unknown;

    /// <summary>Reads the status of something that failed: Ok makes no sense there and is Unknown.</summary>
    public static TunnelStatus ReadFailure(byte value) => value == 0 ? TunnelStatus.Unknown : Read(value);
}
