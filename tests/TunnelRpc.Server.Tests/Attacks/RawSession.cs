using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>A hostile client: a real connection to a server, on which the test writes single records and frames.</summary>
internal sealed class RawSession : IAsyncDisposable
{
    private RawSession(RawPeer peer) => Peer = peer;

    public RawPeer Peer { get; }

    /// <summary>Opens a path, and sends nothing.</summary>
    /// <param name="address">The address of the tunnel.</param>
    /// <param name="user">The user; null for an anonymous client.</param>
    public static async Task<RawSession> OpenPathAsync(Uri address, string? user = null)
    {
        var endpoint = new TunnelEndpoint(address) { Headers = user is null ? [] : [new(UserHeaderAuthentication.Header, user)] };
        ITransportConnection connection = await new UpgradeTransport().ConnectAsync(endpoint, CancellationToken.None).DefaultTimeout();
        return new RawSession(new RawPeer(connection));
    }

    /// <summary>Opens a path, and completes the handshake.</summary>
    /// <param name="address">The address of the tunnel.</param>
    /// <param name="user">The user; null for an anonymous client.</param>
    /// <param name="features">The features that the client states.</param>
    public static async Task<RawSession> ConnectAsync(
        Uri address, string? user = null, SessionFeatures features = SessionFeatures.None)
    {
        RawSession session = await OpenPathAsync(address, user);
        await ShakeHandsAsync(session.Peer, features);
        return session;
    }

    /// <summary>Completes the handshake on a path.</summary>
    public static async Task ShakeHandsAsync(RawPeer peer, SessionFeatures features = SessionFeatures.None)
    {
        await peer.SendAsync(RecordType.Hello, CreateHello(features));
        Welcome welcome = Welcome.Parse(await peer.ReadRecordAsync(RecordType.Welcome));
        await peer.SendAsync(RecordType.Confirm, welcome.ServerNonce.ToByteArray(bigEndian: true));
        await peer.ReadRecordAsync(RecordType.Ready);
    }

    public static byte[] CreateHello(SessionFeatures features = SessionFeatures.None) => new Hello(
        SessionHandshake.Version,
        SessionHandshake.Version,
        features,
        Guid.NewGuid(),
        PeerLimits.From(new TunnelLimits()),
        null).ToPayload();

    public ValueTask DisposeAsync() => Peer.DisposeAsync();
}
