using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports.Cookies;
using TunnelRpc.Transports.Dialing;

namespace TunnelRpc.Transports;

/// <summary>The address of a server, with the proxy, headers and TLS settings to reach it. Immutable.</summary>
/// <param name="Address">The URL of the path given to MapTunnelRpc: http or https, absolute, without query and fragment.</param>
public sealed record TunnelEndpoint(Uri Address)
{
    /// <summary>The explicit HTTP proxy (http scheme). Default null: no proxy.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>
    /// The credentials for the proxy, never sent to the server. Default null: none. <see cref="CredentialCache.DefaultNetworkCredentials"/>
    /// uses the account of the process, with Negotiate or NTLM only.
    /// </summary>
    public NetworkCredential? ProxyCredentials { get; init; }

    /// <summary>Headers that are added to every request to the server, for instance Authorization. Default none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Validates the server's certificate instead of the platform. Default null: the platform validates it.</summary>
    public RemoteCertificateValidationCallback? RemoteCertificateValidationCallback { get; init; }

    /// <summary>
    /// The client certificates, each with its private key, for a server that requests one (mutual TLS). Default none. The caller disposes
    /// them.
    /// </summary>
    public IReadOnlyList<X509Certificate2> ClientCertificates { get; init; } = [];

    /// <summary>The clock for all timeouts. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// The cookies that the requests send and the responses set. Null: none is sent but those of <see cref="Headers"/>, and none is stored.
    /// </summary>
    internal PathCookies? Cookies { get; init; }

    /// <summary>
    /// Returns the IP addresses of a host name, the server's or the proxy's, in the order of preference, instead of the platform's name
    /// resolution. Not called for IP addresses. Called for each connection; must be thread-safe. Default null: the platform resolves names.
    /// </summary>
    public Func<string, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>>? HostResolver { get; init; }

    /// <summary>
    /// Creates the handlers that send the requests, in place of sockets, for instance of a server in memory. Called for each connection
    /// that a transport would open; must be thread-safe. The transport disposes the handlers. <see cref="Proxy"/>,
    /// <see cref="HostResolver"/> and the TLS settings of this endpoint then have no effect. Default null: sockets.
    /// </summary>
    public Func<HttpMessageHandler>? HttpMessageHandlerFactory { get; init; }

    /// <summary>
    /// Opens the WebSocket of the transport "websocket", in place of a request of its own, for instance to a server in memory. Must be
    /// thread-safe. The connection disposes the WebSocket. Default null: the transport opens it.
    /// </summary>
    public Func<TunnelWebSocketRequest, CancellationToken, Task<WebSocket>>? WebSocketFactory { get; init; }

    /// <summary>The token of the client, which its requests send in the header Authorization. Null for none.</summary>
    internal BearerToken? Token { get; init; }

    /// <summary>The headers of a request that is sent now: <see cref="Headers"/> and the token.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> GetHeaders() => Token?.HeaderValue is { } value
        ? [.. Headers.Where(h => !h.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase)), new("Authorization", value)]
        : Headers;

    /// <summary>What the client knows about addresses; null for a transport that is used without a client.</summary>
    internal AddressHistory? AddressHistory { get; init; }

    /// <summary>
    /// The connection that the client's next session uses if it fits; null for a transport that is used without a client.
    /// </summary>
    internal SpareConnection? SpareConnection { get; init; }

    /// <summary>Receives what the dials of the attempt observe; null when nothing needs it.</summary>
    internal DialRecord? DialRecord { get; init; }
}
