using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Peers;

/// <summary>Creates sessions in the state after the handshake, without a handshake.</summary>
internal static class SessionFactory
{
    public static TunnelSession Create(bool isClient, ITransportConnection connection, TunnelOptions options, TunnelLimits? peer = null) =>
        new(
            CreateParameters(isClient, connection, peer ?? options.Limits, SessionHandshake.GetFeatures(options)),
            connection,
            new ReceiveBuffer(connection),
            options);

    private static SessionParameters CreateParameters(
        bool isClient, ITransportConnection connection, TunnelLimits peer, SessionFeatures features)
    {
        var ticket = new SessionTicket(Guid.NewGuid(), new byte[32], TimeSpan.Zero);
        return new(isClient, ticket, PeerLimits.From(peer), 1, Guid.NewGuid(), connection.Info) { Features = features };
    }
}
