using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports.Http;

/// <summary>Facts that the HTTP client of one attempt observed, for the message of its failure.</summary>
internal sealed class DialObservations(ProxyAuthentication proxy)
{
    /// <summary>The authentication schemes that the proxy offered.</summary>
    public ProxyAuthentication Proxy { get; } = proxy;

    /// <summary>The last certificate of a TLS handshake, accepted or not; null when there was none.</summary>
    public TransportCertificate? Certificate { get; private set; }

    /// <summary>The reason for which the platform does not trust <see cref="Certificate"/>; null when it does.</summary>
    public string? CertificateError { get; private set; }

    /// <summary>Whether a socket was connected, to the server or to the proxy.</summary>
    public bool IsConnected { get; set; }

    /// <summary>
    /// Whether a response was received from the server or from an intermediary in its place. A proxy's tunnel, if any, is open then.
    /// </summary>
    public bool HasResponse { get; set; }

    /// <summary>The server's instance that the last response named; null when it named none.</summary>
    public Guid? ServerInstance { get; set; }

    /// <summary>How long the server accepts the credentials of the last request; null when its response did not state it.</summary>
    public CredentialLifetime? CredentialLifetime { get; set; }

    /// <summary>Whether the request uses HTTP/2.</summary>
    public bool IsHttp2 { get; set; }

    /// <summary>
    /// Whether the server of an http address started the connection as HTTP/2 requires it. Not observed after TLS, which negotiates HTTP/2.
    /// </summary>
    public bool HasReceivedSettings { get; set; }

    /// <summary>Records a certificate and the errors of the platform's validation.</summary>
    public void NoteCertificate(X509Certificate certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Certificate = TransportCertificate.FromCertificate(certificate);
        List<string> descriptions = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            descriptions.Add("it is for another name");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            descriptions.AddRange((chain?.ChainStatus ?? []).Select(status => Describe(status, certificate)).Distinct());
        }

        CertificateError = descriptions.Count == 0 ? null : string.Join(", and ", descriptions);
    }

    private static string Describe(X509ChainStatus status, X509Certificate certificate) => status.Status switch
    {
        X509ChainStatusFlags.NotTimeValid => "it, or one of its issuers, is not valid at this time (it is valid from "
            + $"{certificate.GetEffectiveDateString()} to {certificate.GetExpirationDateString()}; this machine's clock may be wrong)",
        X509ChainStatusFlags.UntrustedRoot => "its root is not trusted by this machine",
        X509ChainStatusFlags.PartialChain => "its issuer is not known to this machine",
        X509ChainStatusFlags.Revoked => "it is revoked",
        _ => $"{status.Status}: {status.StatusInformation.Trim()}",
    };
}
