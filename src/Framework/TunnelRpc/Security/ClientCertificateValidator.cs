using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Security;

/// <summary>
/// Whether a server takes its client's certificate. The TLS handshake is let through in any case, so that a refusal reaches the client
/// in words and inside of TLS. One handshake an object; its callback is called by that handshake.
/// </summary>
internal sealed class ClientCertificateValidator(TunnelServerTlsOptions options)
{
    /// <summary>Why the client is not served, for the client to read; null when it is.</summary>
    public string? RefusalReason { get; private set; }

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            RefusalReason = options.ClientCertificateMode == TunnelClientCertificateMode.RequireCertificate
                ? "This server wants a client certificate in end-to-end TLS, and got none: set ClientCertificate in TunnelClientOptions.EndToEndTls."
                : null;
        }
        else if (options.ClientCertificateValidation is { } validation)
        {
            // What that callback knows is the server's own affair.
            RefusalReason = validation(sender, certificate, chain, errors) ? null : $"This server does not accept the client certificate {certificate.Subject}.";
        }
        else if (errors != SslPolicyErrors.None)
        {
            RefusalReason = $"This server does not accept the client certificate {certificate.Subject}: {CertificateText.DescribeErrors(errors, chain, null)}.";
        }

        return true;
    }
}
