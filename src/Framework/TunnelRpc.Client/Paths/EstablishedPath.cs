using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

/// <summary>A path that is proved both ways, with its session agreed on.</summary>
/// <param name="Connection">The path.</param>
/// <param name="SessionInfo">The session, as it is on this path.</param>
/// <param name="Input">What has been received behind the handshake.</param>
/// <param name="AcknowledgedOffset">How much of this side's stream the server has received; 0 for a new session.</param>
internal sealed record EstablishedPath(ITransportConnection Connection, SessionParameters SessionInfo, ReceiveBuffer Input, ulong AcknowledgedOffset)
{
    /// <summary>How long the handshake's exchanges took each, so a good guess of what any takes.</summary>
    public TimeSpan RoundTripTime { get; init; }
}
