using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>Whether a client takes the server's certificate, and why not. One handshake an object; its callback is called by that handshake.</summary>
internal sealed class ServerCertificateCheck(TunnelClientTlsOptions options, string host)
{
    /// <summary>What the server has shown; null before.</summary>
    public TransportCertificate? Shown { get; private set; }

    /// <summary>Why it is not taken; null while it is.</summary>
    public string? Refusal { get; private set; }

    public bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Shown = certificate is null ? null : TransportCertificate.Of(certificate);
        string? fault = FindFault(sender, certificate, chain, errors);
        if (fault is not null)
        {
            Refusal = $"end-to-end TLS: the server's certificate {(Shown is null ? "" : CertificateText.Name(Shown) + " ")}is not accepted: {fault}.";
        }

        return fault is null;
    }

    private string? FindFault(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        string faults = CertificateText.Faults(errors, chain, host);
        if (options.ServerCertificateValidation is { } validation)
        {
            return validation(sender, certificate, chain, errors)
                ? null
                : $"ServerCertificateValidation refuses it{(faults.Length == 0 ? "" : $" (the platform's check: {faults})")}";
        }

        if (options.PinnedCertificates.Count > 0)
        {
            return Shown is not null && options.PinnedCertificates.Any(pin => CertificateText.IsSameThumbprint(pin, Shown.Thumbprint))
                ? null
                : $"it is none of the {options.PinnedCertificates.Count} in PinnedCertificates";
        }

        return errors == SslPolicyErrors.None ? null : faults;
    }
}
