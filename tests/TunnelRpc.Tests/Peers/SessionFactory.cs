using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Peers;

/// <summary>Sessions as they stand after a handshake, without one.</summary>
internal static class SessionFactory
{
    public static TunnelSession Create(bool isClient, ITransportConnection connection, TunnelOptions options, TunnelLimits? peer = null) =>
        new(Info(isClient, connection, peer ?? options.Limits, SessionHandshake.GetFeatures(options)), connection, new ReceiveBuffer(connection), options);

    private static SessionParameters Info(bool isClient, ITransportConnection connection, TunnelLimits peer, SessionFeatures features) =>
        new(isClient, new SessionTicket(Guid.NewGuid(), new byte[32], TimeSpan.Zero), PeerLimits.From(peer), 1, Guid.NewGuid(), connection.Info) { Features = features };
}
