using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>
/// Decides whether a client accepts the server's certificate. One instance per handshake. Not thread-safe: the handshake calls the
/// callback once.
/// </summary>
internal sealed class ServerCertificateValidator(TunnelClientTlsOptions options, string host)
{
    /// <summary>The server's certificate; null until the handshake has received it.</summary>
    public TransportCertificate? ServerCertificate { get; private set; }

    /// <summary>The reason for which the certificate is refused; null unless it is.</summary>
    public string? RefusalReason { get; private set; }

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        ServerCertificate = certificate is null ? null : TransportCertificate.FromCertificate(certificate);
        string? error = FindError(sender, certificate, chain, errors);
        if (error is not null)
        {
            string description = ServerCertificate is null ? "" : CertificateText.Describe(ServerCertificate) + " ";
            RefusalReason = $"end-to-end TLS: the server's certificate {description}is not accepted: {error}.";
        }

        return error is null;
    }

    private string? FindError(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        string platformErrors = CertificateText.DescribeErrors(errors, chain, host);
        if (options.ServerCertificateValidation is { } validation)
        {
            return validation(sender, certificate, chain, errors)
                ? null
                : "ServerCertificateValidation refuses it"
                    + (platformErrors.Length == 0 ? "" : $" (the platform's check: {platformErrors})");
        }

        if (options.PinnedCertificates.Count > 0)
        {
            string? thumbprint = ServerCertificate?.Thumbprint;
            return thumbprint is not null && options.PinnedCertificates.Any(pin => CertificateText.IsSameThumbprint(pin, thumbprint))
                ? null
                : $"it is none of the {options.PinnedCertificates.Count} in PinnedCertificates";
        }

        return errors == SslPolicyErrors.None ? null : platformErrors;
    }
}
