using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Cli.Serving;

/// <summary>The certificate to serve with.</summary>
internal static class ServerCertificate
{
    /// <exception cref="UsageException">The file cannot be used.</exception>
    public static X509Certificate2 Load(ServeOptions options)
    {
        if (options.Certificate is not { } file)
        {
            return CreateSelfSigned(options.Urls.Select(u => u.IdnHost));
        }

        try
        {
            return file.Extension is ".pem" or ".crt"
                ? LoadPem(file.FullName, options.CertificatePassword)
                : X509CertificateLoader.LoadPkcs12FromFile(file.FullName, options.CertificatePassword);
        }
        catch (Exception unusable) when (unusable is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Expected --certificate to be a PKCS#12 file, or a PEM file with certificate and key, got {file.FullName}: {unusable.Message}");
        }
    }

    private static X509Certificate2 LoadPem(string path, string? password)
    {
        using X509Certificate2 pem = password is null ? X509Certificate2.CreateFromPemFile(path) : X509Certificate2.CreateFromEncryptedPemFile(path, password);

        // A key that has never been stored cannot be used for TLS everywhere.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private static X509Certificate2 CreateSelfSigned(IEnumerable<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (string host in hosts.Append("localhost").Append("127.0.0.1").Distinct())
        {
            if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address))
            {
                names.AddIpAddress(address);
            }
            else if (Uri.CheckHostName(host) == UriHostNameType.Dns)
            {
                names.AddDnsName(host);
            }
        }

        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=tunnelrpc serve", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
