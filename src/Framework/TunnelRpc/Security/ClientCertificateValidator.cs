using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Security;

/// <summary>
/// Decides whether a server accepts a client's certificate. The TLS handshake succeeds in any case, so that the server can send the
/// reason of a refusal inside TLS. One instance per handshake. Not thread-safe: the handshake calls the callback once.
/// </summary>
internal sealed class ClientCertificateValidator(TunnelServerTlsOptions options)
{
    /// <summary>The reason for which the client is refused, as a message for the client; null when it is accepted.</summary>
    public string? RefusalReason { get; private set; }

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            RefusalReason = options.ClientCertificateMode == TunnelClientCertificateMode.RequireCertificate
                ? "This server requires a client certificate in end-to-end TLS, and got none: set ClientCertificate in "
                    + "TunnelClientOptions.EndToEndTls."
                : null;
        }
        else if (options.ClientCertificateValidation is { } validation)
        {
            // The message does not say why: the callback's criteria are not disclosed to the client.
            RefusalReason = validation(sender, certificate, chain, errors)
                ? null
                : $"This server does not accept the client certificate {certificate.Subject}.";
        }
        else if (errors != SslPolicyErrors.None)
        {
            RefusalReason =
                $"This server does not accept the client certificate {certificate.Subject}: "
                    + $"{CertificateText.DescribeErrors(errors, chain, null)}.";
        }

        return true;
    }
}
