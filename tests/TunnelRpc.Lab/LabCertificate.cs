using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Lab;

/// <summary>A certificate authority created for this run, and its certificate for the loopback address and the names of a
/// gateway. Immutable.</summary>
internal static class LabCertificate
{
    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-1);
    private static readonly DateTimeOffset Until = From.AddDays(3);
    private static readonly X509Certificate2 Root = CreateRoot();

    /// <summary>The server's certificate, with its private key.</summary>
    public static X509Certificate2 Server { get; } = CreateServer();

    /// <summary>The server's certificate and its private key in the PEM format, for proxies.</summary>
    public static string ServerPem => Server.ExportCertificatePem() + "\n" + Server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>The authority's certificate, without its private key.</summary>
    public static X509Certificate2 Authority => X509CertificateLoader.LoadCertificate(Root.RawData);

    public static string RootPem => Root.ExportCertificatePem() + "\n";

    /// <summary>
    /// Returns a callback that accepts only certificates for the requested name, issued by the lab's authority or, if it is not null, by
    /// the one in the file <paramref name="otherAuthority"/>.
    /// </summary>
    public static RemoteCertificateValidationCallback Trusting(string? otherAuthority)
    {
        X509Certificate2 root = otherAuthority is null ? Root : X509Certificate2.CreateFromPem(File.ReadAllText(otherAuthority));
        return (_, certificate, _, errors) =>
        {
            if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            {
                return false;
            }

            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(root);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            using var copy = new X509Certificate2(certificate);
            return chain.Build(copy);
        };
    }

    private static X509Certificate2 CreateRoot()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=TunnelRpc lab authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(From, Until);
    }

    private static X509Certificate2 CreateServer()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("*.apps.example");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            Root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        using X509Certificate2 certificate = request.Create(Root, From, Until, serial);
        return certificate.CopyWithPrivateKey(key);
    }
}
