using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Negotiation;

/// <summary>A path that is proved both ways, with its session agreed on.</summary>
/// <param name="Connection">The path.</param>
/// <param name="Info">The session.</param>
/// <param name="Input">What has been received behind the handshake.</param>
internal sealed record NegotiatedPath(ITransportConnection Connection, SessionInfo Info, RecordInput Input);
