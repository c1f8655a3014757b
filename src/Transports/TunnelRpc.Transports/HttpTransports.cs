using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.ExtendedConnect;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports;

/// <summary>The transports of this package, in the recommended order of attempts. Thread-safe.</summary>
public static class HttpTransports
{
    /// <summary>
    /// The client's side of the transports. "connect" is first: with an explicit proxy it is the most likely to work, and without one it
    /// fails at once. The others follow from the fastest to the one with the fewest requirements. "two-connection" precedes "http2-post",
    /// because it survives an intermediary's limit on body sizes.
    /// </summary>
    public static IReadOnlyList<ITransport> Default { get; } =
    [
        new ConnectTransport(),
        new UpgradeTransport(),
        new ExtendedConnectTransport(),
        new WebSocketTransport(),
        new ReverseHttpTransport(),
        new TwoConnectionTransport(),
        new Http2PostTransport(),
        new NPlusOneTransport(),
        new LongPollTransport(),
    ];

    /// <summary>
    /// Creates the server's side of all transports in <see cref="Default"/> ("connect" arrives as "upgrade" or "websocket"). One list
    /// serves any number of mapped paths.
    /// </summary>
    /// <param name="timeProvider">The clock for timeouts; null for the system clock.</param>
    public static IReadOnlyList<ITransportAcceptor> CreateAcceptors(TimeProvider? timeProvider = null) =>
    [
        new UpgradeTransportAcceptor(),
        new ExtendedConnectTransportAcceptor(),
        new WebSocketTransportAcceptor(),
        new ReverseHttpTransportAcceptor(timeProvider),
        new Http2PostTransportAcceptor(timeProvider),
        new LegTransportAcceptor(timeProvider),
    ];
}
