using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>Whether a client takes the server's certificate, and why not. One handshake an object; its callback is called by that handshake.</summary>
internal sealed class ServerCertificateValidator(TunnelClientTlsOptions options, string host)
{
    /// <summary>What the server has shown; null before.</summary>
    public TransportCertificate? ServerCertificate { get; private set; }

    /// <summary>Why it is not taken; null while it is.</summary>
    public string? RefusalReason { get; private set; }

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        ServerCertificate = certificate is null ? null : TransportCertificate.FromCertificate(certificate);
        string? fault = FindError(sender, certificate, chain, errors);
        if (fault is not null)
        {
            RefusalReason = $"end-to-end TLS: the server's certificate {(ServerCertificate is null ? "" : CertificateText.Describe(ServerCertificate) + " ")}is not accepted: {fault}.";
        }

        return fault is null;
    }

    private string? FindError(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        string faults = CertificateText.DescribeErrors(errors, chain, host);
        if (options.ServerCertificateValidation is { } validation)
        {
            return validation(sender, certificate, chain, errors)
                ? null
                : $"ServerCertificateValidation refuses it{(faults.Length == 0 ? "" : $" (the platform's check: {faults})")}";
        }

        if (options.PinnedCertificates.Count > 0)
        {
            return ServerCertificate is not null && options.PinnedCertificates.Any(pin => CertificateText.IsSameThumbprint(pin, ServerCertificate.Thumbprint))
                ? null
                : $"it is none of the {options.PinnedCertificates.Count} in PinnedCertificates";
        }

        return errors == SslPolicyErrors.None ? null : faults;
    }
}
