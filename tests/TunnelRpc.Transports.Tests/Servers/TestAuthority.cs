using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>A certificate authority that issues server and client certificates. Thread-safe.</summary>
internal sealed class TestAuthority
{
    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddDays(-2);
    private static readonly DateTimeOffset Until = From.AddYears(10);

    public TestAuthority(string name = "Test Root")
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        Root = request.CreateSelfSigned(From, Until);
    }

    /// <summary>The authority that most tests trust.</summary>
    public static TestAuthority Shared { get; } = new();

    public X509Certificate2 Root { get; }

    /// <summary>Issues a server certificate with its key for DNS names or IP addresses.</summary>
    public X509Certificate2 IssueServer(params string[] names)
    {
        var alternative = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternative.AddIpAddress(address);
            }
            else
            {
                alternative.AddDnsName(name);
            }
        }

        return Issue(names[0], "1.3.6.1.5.5.7.3.1", alternative.Build());
    }

    /// <summary>Issues a client certificate with its key.</summary>
    public X509Certificate2 IssueClient(string name) => Issue(name, "1.3.6.1.5.5.7.3.2");

    private X509Certificate2 Issue(string name, string usage, params X509Extension[] extensions)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        foreach (X509Extension extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        using X509Certificate2 issued = request.Create(Root, From, Until.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
