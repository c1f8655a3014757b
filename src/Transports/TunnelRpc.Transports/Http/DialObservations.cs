using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports.Http;

/// <summary>What one attempt's client saw on its way, for the words of its failure.</summary>
internal sealed class DialObservations(ProxyAuthentication proxy)
{
    /// <summary>What the proxy asked for.</summary>
    public ProxyAuthentication Proxy { get; } = proxy;

    /// <summary>The last certificate that was shown in the server's name, accepted or not. Null before there is one.</summary>
    public TransportCertificate? Certificate { get; private set; }

    /// <summary>Why the platform does not trust <see cref="Certificate"/>; null when it does.</summary>
    public string? CertificateError { get; private set; }

    /// <summary>Whether a socket was connected, to the server or to the proxy.</summary>
    public bool IsConnected { get; set; }

    /// <summary>Whether the server, or what answers in its place, has answered a request: a tunnel to it is open then.</summary>
    public bool HasResponse { get; set; }

    /// <summary>Whether the request is an HTTP/2 one.</summary>
    public bool IsHttp2 { get; set; }

    /// <summary>Keeps a certificate and what the platform's own check says of it.</summary>
    public void NoteCertificate(X509Certificate certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Certificate = TransportCertificate.FromCertificate(certificate);
        List<string> faults = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            faults.Add("it is for another name");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            faults.AddRange((chain?.ChainStatus ?? []).Select(status => Describe(status, certificate)).Distinct());
        }

        CertificateError = faults.Count == 0 ? null : string.Join(", and ", faults);
    }

    private static string Describe(X509ChainStatus status, X509Certificate certificate) => status.Status switch
    {
        X509ChainStatusFlags.NotTimeValid => $"it, or one of its issuers, is not valid at this time (its own times: {certificate.GetEffectiveDateString()} to {certificate.GetExpirationDateString()}; this machine's clock may be wrong)",
        X509ChainStatusFlags.UntrustedRoot => "its root is not trusted by this machine",
        X509ChainStatusFlags.PartialChain => "its issuer is not known to this machine",
        X509ChainStatusFlags.Revoked => "it is revoked",
        _ => $"{status.Status}: {status.StatusInformation.Trim()}",
    };
}
