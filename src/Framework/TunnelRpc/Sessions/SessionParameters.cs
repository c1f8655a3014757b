using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>What the handshake agreed on.</summary>
/// <param name="IsClient">Whether this side dialed.</param>
/// <param name="Ticket">The session's name and key.</param>
/// <param name="PeerLimits">The limits that this side must keep.</param>
/// <param name="Epoch">1 for a new session.</param>
/// <param name="ServerInstance">Which run of the server the session lives in.</param>
/// <param name="Connection">What is known of the path.</param>
internal sealed record SessionParameters(
    bool IsClient,
    SessionTicket Ticket,
    PeerLimits PeerLimits,
    uint Epoch,
    Guid ServerInstance,
    TransportConnectionInfo Connection)
{
    /// <summary>What both sides can do.</summary>
    public SessionFeatures Features { get; init; }

    /// <summary>The session's name as text.</summary>
    public string Id { get; } = Ticket.SessionId.ToString("N");
}
