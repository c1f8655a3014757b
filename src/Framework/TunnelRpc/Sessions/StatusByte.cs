namespace TunnelRpc.Sessions;

/// <summary>A status on the wire.</summary>
internal static class StatusByte
{
    /// <summary>Reads a status. A value that this version does not know is <see cref="TunnelStatus.Unknown"/>.</summary>
    public static TunnelStatus Read(byte value) =>
        value <= (byte)TunnelStatus.Unauthenticated ? (TunnelStatus)value : TunnelStatus.Unknown;

    /// <summary>Reads the status of a failure: as <see cref="Read"/>, and Ok, which is no failure, is Unknown, too.</summary>
    public static TunnelStatus ReadFailure(byte value) => value == 0 ? TunnelStatus.Unknown : Read(value);
}
