using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>The parts of the TLS handshake that both sides share. Stateless.</summary>
internal static class Tls
{
    /// <summary>
    /// The first byte of a TLS record with a handshake message (RFC 8446, 5.1). No record type of the session layer has this value.
    /// </summary>
    public const byte HandshakeContentType = 0x16;

    /// <summary>The first byte of a TLS record with an alert (RFC 8446, 5.1).</summary>
    public const byte AlertContentType = 0x15;

    private static readonly SslApplicationProtocol ApplicationProtocol = new("tunnelrpc");

    /// <summary>A new list with the one ALPN protocol for the options of a handshake, which may change the list.</summary>
    public static List<SslApplicationProtocol> ApplicationProtocols => [ApplicationProtocol];

    /// <summary>
    /// Creates a policy that trusts only <paramref name="roots"/> and downloads nothing; null without roots, for the platform's roots.
    /// </summary>
    public static X509ChainPolicy? CreateChainPolicy(X509Certificate2Collection roots)
    {
        if (roots.Count == 0)
        {
            return null;
        }

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    /// <summary>
    /// Checks that both sides negotiated the protocol "tunnelrpc" by ALPN, so that bytes for the TLS of another service are refused.
    /// </summary>
    /// <exception cref="TransportException">The peer did not name the protocol.</exception>
    public static void ValidateApplicationProtocol(SslStream tls, string peer)
    {
        if (tls.NegotiatedApplicationProtocol != ApplicationProtocol)
        {
            throw new TransportException(
                $"end-to-end TLS: expected a {peer} that names the protocol \"{ApplicationProtocol}\" (ALPN), got one that names none.")
            {
                IsPermanent = true,
            };
        }
    }

    /// <summary>Translates an exception of a handshake to the exception that the caller throws.</summary>
    public static Exception TranslateHandshakeException(
        Exception exception, ConnectionStream stream, string peer, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException("The TLS handshake was cancelled.", exception, cancellationToken);
        }

        Exception innermost = exception;
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is TransportException or NotTlsException)
            {
                return cause;
            }

            innermost = cause;
        }

        return stream.IsEndOfStream
            ? new TransportException($"end-to-end TLS: the connection ended during the TLS handshake with the {peer}.", exception)
            : new TransportException($"end-to-end TLS: the TLS handshake with the {peer} failed: {innermost.Message}", exception)
            {
                IsPermanent = true,
            };
    }
}
