using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>What both halves of the TLS handshake share. Without state.</summary>
internal static class Tls
{
    /// <summary>The first byte of a TLS record that carries the handshake (RFC 8446, 5.1); no record of ours has this type.</summary>
    public const byte HandshakeContentType = 0x16;

    /// <summary>The first byte of a TLS record that carries an alert.</summary>
    public const byte AlertContentType = 0x15;

    private static readonly SslApplicationProtocol ApplicationProtocol = new("tunnelrpc");

    /// <summary>For the options of a handshake, which may change the list.</summary>
    public static List<SslApplicationProtocol> ApplicationProtocols => [ApplicationProtocol];

    /// <summary>Trusts these roots and no other, and downloads nothing; null for the platform's roots.</summary>
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

    /// <summary>Both sides must have said that they speak TunnelRpc inside: bytes meant for another service's TLS are none of ours.</summary>
    /// <exception cref="TransportException">The peer did not.</exception>
    public static void ValidateApplicationProtocol(SslStream tls, string peer)
    {
        if (tls.NegotiatedApplicationProtocol != ApplicationProtocol)
        {
            throw new TransportException($"end-to-end TLS: expected a {peer} that names the protocol \"{ApplicationProtocol}\" (ALPN), got one that names none.") { IsPermanent = true };
        }
    }

    /// <summary>What a handshake's exception means.</summary>
    public static Exception TranslateHandshakeException(Exception exception, ConnectionStream stream, string peer, CancellationToken cancellationToken)
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
            ? new TransportException($"end-to-end TLS: the path ended in the middle of the TLS handshake with the {peer}.", exception)
            : new TransportException($"end-to-end TLS: the TLS handshake with the {peer} failed: {innermost.Message}", exception) { IsPermanent = true };
    }
}
