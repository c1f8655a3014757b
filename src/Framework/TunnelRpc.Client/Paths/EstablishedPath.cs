using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

/// <summary>A path whose handshake has succeeded, so that data flows in both directions.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="SessionInfo">The session's parameters on this path.</param>
/// <param name="Input">The receive buffer, with the bytes that arrived after the handshake.</param>
/// <param name="AcknowledgedOffset">The number of bytes of this side's stream that the server has received; 0 for a new session.</param>
internal sealed record EstablishedPath(
    ITransportConnection Connection, SessionParameters SessionInfo, ReceiveBuffer Input, ulong AcknowledgedOffset)
{
    /// <summary>The average round-trip time of the handshake, as an estimate for the path.</summary>
    public TimeSpan RoundTripTime { get; init; }
}
