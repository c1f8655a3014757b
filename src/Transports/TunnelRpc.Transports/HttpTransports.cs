using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.ExtendedConnect;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports;

/// <summary>The transports of this package, in the order in which they are best tried. Thread-safe.</summary>
public static class HttpTransports
{
    /// <summary>
    /// The dialing halves. "connect" is first because with an explicit proxy it is the likeliest to pass, and without one it
    /// fails at once; then from the fastest to the most modest. "two-connection" is before "http2-post", since it outlives a limit
    /// for bodies on the way.
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

    /// <summary>New answering halves for all of <see cref="Default"/> ("connect" arrives as "upgrade"); one list serves any number of mapped addresses.</summary>
    /// <param name="timeProvider">The clock for time limits; null for the system's.</param>
    public static IReadOnlyList<ITransportAcceptor> CreateAcceptors(TimeProvider? timeProvider = null) =>
    [
        new UpgradeTransportAcceptor(),
        new ExtendedConnectTransportAcceptor(),
        new WebSocketTransportAcceptor(),
        new ReverseHttpTransportAcceptor(timeProvider),
        new Http2PostTransportAcceptor(),
        new LegTransportAcceptor(timeProvider),
    ];
}
