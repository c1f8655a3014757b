using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Cli.Serving;

/// <summary>Loads or creates the server's certificate.</summary>
internal static class ServerCertificate
{
    /// <summary>Loads the certificate of --certificate, or creates a self-signed one. The caller disposes it.</summary>
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
            throw new UsageException(
                "Expected --certificate to be a PKCS#12 file, or a PEM file with certificate and key, "
                + $"got {file.FullName}: {unusable.Message}");
        }
    }

    private static X509Certificate2 LoadPem(string path, string? password)
    {
        using X509Certificate2 pem = password is null
            ? X509Certificate2.CreateFromPemFile(path)
            : X509Certificate2.CreateFromEncryptedPemFile(path, password);

        // TLS on Windows (SChannel) cannot use the ephemeral key of a PEM file. Loading it again as PKCS#12 stores the key.
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
        using X509Certificate2 created = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(created.Export(X509ContentType.Pkcs12), null);
    }
}
