using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports;

/// <summary>What is known of a path.</summary>
/// <param name="Transport">The transport's name.</param>
/// <param name="RemoteEndPoint">Where the peer is, as this side sees it (behind a proxy: the proxy); null when unknown.</param>
/// <param name="User">On the answering side, who the exchange was authenticated as.</param>
public sealed record TransportConnectionInfo(string Transport, string? RemoteEndPoint = null, ClaimsPrincipal? User = null)
{
    /// <summary>
    /// What it tells a user when this path opened and the handshake on it then got no answer, as one or more sentences for the path
    /// report; null when the transport knows nothing better than that.
    /// </summary>
    public string? HandshakeTimeoutHint { get; init; }

    /// <summary>How long at most this side should be silent on this path, since something on the way may end it sooner; null when that is not known.</summary>
    public TimeSpan? MaxIdleTime { get; init; }

    /// <summary>On the dialing side, the certificate that was shown in the server's name; null without TLS.</summary>
    public TransportCertificate? ServerCertificate { get; init; }

    /// <summary>Whether the bytes are inside of end-to-end TLS, which nothing on the way can read.</summary>
    public bool IsEndToEndEncrypted { get; init; }

    /// <summary>On the answering side, the certificate that the client has proved in end-to-end TLS to be its own; null when it showed none. Not to be disposed.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>On the answering side, the address that the path was accepted at, which a session stays at; null when the host has but one.</summary>
    internal string? AcceptedEndpoint { get; init; }

    /// <summary>On the dialing side, what the path report says of this path although it works, as one or more sentences; null for nothing.</summary>
    public string? Note { get; init; }
}
