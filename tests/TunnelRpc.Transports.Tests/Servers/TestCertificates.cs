using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>Creates self-signed certificates in memory.</summary>
internal static class TestCertificates
{
    public static X509Certificate2 Create(string subject, DateTimeOffset? notAfter = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, notAfter ?? DateTimeOffset.UnixEpoch.AddYears(200));
    }
}
