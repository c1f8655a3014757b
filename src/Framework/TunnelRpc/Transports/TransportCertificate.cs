using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports;

/// <summary>The facts about a certificate of a TLS handshake that a path report shows. Immutable.</summary>
/// <param name="Subject">The certificate's subject, for instance "CN=ops.example".</param>
/// <param name="Issuer">The certificate's issuer. With an intercepting proxy, this is the proxy's own authority.</param>
/// <param name="Thumbprint">The SHA-256 hash of the certificate, in upper-case hexadecimal digits.</param>
public sealed record TransportCertificate(string Subject, string Issuer, string Thumbprint)
{
    internal static TransportCertificate FromCertificate(X509Certificate certificate) =>
        new(certificate.Subject, certificate.Issuer, certificate.GetCertHashString(HashAlgorithmName.SHA256));
}
