using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports;

/// <summary>A certificate that was shown in a TLS handshake, as far as a path report needs it.</summary>
/// <param name="Subject">Whom it names, for instance "CN=ops.example".</param>
/// <param name="Issuer">Who issued it. An intercepting proxy's own authority stands here when one answers in the server's place.</param>
/// <param name="Thumbprint">SHA-256 of the certificate, in upper-case hexadecimal digits.</param>
public sealed record TransportCertificate(string Subject, string Issuer, string Thumbprint)
{
    internal static TransportCertificate FromCertificate(X509Certificate certificate) =>
        new(certificate.Subject, certificate.Issuer, certificate.GetCertHashString(HashAlgorithmName.SHA256));
}
