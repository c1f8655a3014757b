using System.Security.Claims;

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
    public string? WhenSilent { get; init; }

    /// <summary>On the dialing side, the certificate that was shown in the server's name; null without TLS.</summary>
    public TransportCertificate? ServerCertificate { get; init; }
}
