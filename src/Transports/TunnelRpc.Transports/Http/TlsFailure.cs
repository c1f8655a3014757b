using System.Security.Authentication;

namespace TunnelRpc.Transports.Http;

/// <summary>Puts a failed TLS handshake into words.</summary>
internal static class TlsFailure
{
    /// <summary>What happened, without a full stop, and whether trying again cannot help.</summary>
    public static (string Words, bool IsDefinite) Describe(Uri address, HttpRequestException exception, DialObservations observed)
    {
        (bool authentication, string cause) = Cause(exception);
        if (observed.Certificate is { } shown)
        {
            return observed.CertificateError is { } fault
                ? ($"TLS with {address.Authority} failed: the certificate {shown.Subject}, issued by {shown.Issuer}, was refused: {fault}. If it is right, let this machine trust it or set RemoteCertificateValidationCallback", true)
                : ($"TLS with {address.Authority} failed after it had shown the certificate {shown.Subject}, issued by {shown.Issuer}: {cause}. The endpoint's own check may have refused it, or the server wants a client certificate (ClientCertificates)", false);
        }

        if (cause.Contains("no application protocol", StringComparison.OrdinalIgnoreCase))
        {
            return ($"the server at {address.Authority} does not offer HTTP/2 in the TLS handshake (ALPN)", true);
        }

        return authentication && cause.Contains("frame", StringComparison.Ordinal)
            ? ($"TLS with {address.Authority} failed: what it answered is not TLS ({cause.TrimEnd('.')}), as of a port that speaks plain HTTP: is the address an http one?", true)
            : ($"TLS with {address.Authority} failed before it had shown a certificate: {cause.TrimEnd('.')}{(observed.IsHttp2 ? "; HTTP/2 was the only protocol that was offered (ALPN)" : string.Empty)}", false);
    }

    // The innermost says most; the platform's authentication error itself only where nothing is below it.
    private static (bool Authentication, string Message) Cause(HttpRequestException exception)
    {
        Exception innermost = exception;
        while (innermost.InnerException is { } inner)
        {
            innermost = inner;
        }

        return (innermost is AuthenticationException, innermost.Message);
    }
}
