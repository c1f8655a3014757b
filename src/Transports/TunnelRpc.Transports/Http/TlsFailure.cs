using System.Security.Authentication;

namespace TunnelRpc.Transports.Http;

/// <summary>Describes failed TLS handshakes. Stateless.</summary>
internal static class TlsFailure
{
    /// <summary>Returns a description without a final full stop, and whether a retry cannot succeed.</summary>
    public static (string Message, bool IsPermanent) Describe(Uri address, HttpRequestException exception, DialObservations observed)
    {
        (bool isAuthenticationError, string cause) = FindCause(exception);
        if (observed.Certificate is { } certificate)
        {
            string name = $"the certificate {certificate.Subject}, issued by {certificate.Issuer}";
            return observed.CertificateError is { } error
                ? ($"TLS with {address.Authority} failed: {name}, was refused: {error}. If the certificate is correct, trust it on this "
                    + "machine or set RemoteCertificateValidationCallback", true)
                : ($"TLS with {address.Authority} failed after the server had sent {name}: {cause}. RemoteCertificateValidationCallback "
                    + "may have refused it, or the server requires a client certificate (ClientCertificates)", false);
        }

        if (cause.Contains("no application protocol", StringComparison.OrdinalIgnoreCase))
        {
            return ($"the server at {address.Authority} does not offer HTTP/2 in the TLS handshake (ALPN)", true);
        }

        string offered = observed.IsHttp2 ? "; HTTP/2 was the only protocol that was offered (ALPN)" : string.Empty;
        return isAuthenticationError && cause.Contains("frame", StringComparison.Ordinal)
            ? ($"TLS with {address.Authority} failed: the response is not TLS ({cause.TrimEnd('.')}), as of a port that speaks plain HTTP: "
                + "is the address an http one?", true)
            : ($"TLS with {address.Authority} failed before the server had sent a certificate: {cause.TrimEnd('.')}{offered}", false);
    }

    // The innermost exception is the most specific. IsAuthenticationError: whether that is the platform's AuthenticationException itself.
    private static (bool IsAuthenticationError, string Message) FindCause(HttpRequestException exception)
    {
        Exception innermost = exception;
        while (innermost.InnerException is { } inner)
        {
            innermost = inner;
        }

        return (innermost is AuthenticationException, innermost.Message);
    }
}
