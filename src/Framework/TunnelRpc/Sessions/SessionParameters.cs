using TunnelRpc.Compatibility;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>The parameters that the handshake agreed on. Immutable.</summary>
/// <param name="IsClient">Whether this side is the client.</param>
/// <param name="Ticket">The session's id, key and resume window.</param>
/// <param name="PeerLimits">The limits that the peer sets for this side.</param>
/// <param name="Epoch">The epoch of the current path; 1 for a new session.</param>
/// <param name="ServerInstance">Identifies the server process that the session belongs to.</param>
/// <param name="Connection">Describes the current path's connection.</param>
internal sealed record SessionParameters(
    bool IsClient,
    SessionTicket Ticket,
    PeerLimits PeerLimits,
    uint Epoch,
    Guid ServerInstance,
    TransportConnectionInfo Connection)
{
    /// <summary>The features that both sides support.</summary>
    public SessionFeatures Features { get; init; }

    /// <summary>The fingerprints of the peer's contracts; empty on a server.</summary>
    public FingerprintList PeerFingerprints { get; init; }

    /// <summary>The session id as text: 32 hexadecimal digits.</summary>
    public string Id { get; } = Ticket.SessionId.ToString("N");
}
