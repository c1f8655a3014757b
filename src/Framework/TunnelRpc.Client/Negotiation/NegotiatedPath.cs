using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Negotiation;

/// <summary>A path that is proved both ways, with its session agreed on.</summary>
/// <param name="Connection">The path.</param>
/// <param name="Info">The session, as it is on this path.</param>
/// <param name="Input">What has been received behind the handshake.</param>
/// <param name="Acknowledged">How much of this side's stream the server has received; 0 for a new session.</param>
internal sealed record NegotiatedPath(ITransportConnection Connection, SessionInfo Info, RecordInput Input, ulong Acknowledged)
{
    /// <summary>How long the handshake's exchanges took each, so a good guess of what any takes.</summary>
    public TimeSpan RoundTrip { get; init; }
}
