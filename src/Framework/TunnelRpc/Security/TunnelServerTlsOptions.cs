using System.Net.Security;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc;

/// <summary>
/// A server's settings for end-to-end TLS, which runs inside every connection, in addition to the transport's own TLS. Validated when
/// the server is created; must not be changed afterwards.
/// </summary>
public sealed class TunnelServerTlsOptions
{
    // The context of the certificate that was used last. Lock-free: the reference is replaced as a whole.
    private volatile CachedContext? _cachedContext;

    /// <summary>
    /// The server's certificate, with its private key. Either this or <see cref="CertificateSelector"/> is required. The application
    /// disposes it.
    /// </summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>
    /// Selects the certificate for each connection by the name that the client requests (SNI, RFC 6066; empty when it requests none), for
    /// servers with several names and for certificates that are renewed. A null result refuses the client. Must be fast and thread-safe.
    /// </summary>
    public Func<string, X509Certificate2?>? CertificateSelector { get; set; }

    /// <summary>The certificates between the server's certificate and its root, which are sent with it. Default none.</summary>
    public X509Certificate2Collection IntermediateCertificates { get; } = [];

    /// <summary>
    /// Whether clients without end-to-end TLS are refused. Default true. With false the server accepts clients with and without end-to-end
    /// TLS, for instance during a rollout.
    /// </summary>
    public bool RequireEncryption { get; set; } = true;

    /// <summary>
    /// Whether the server requests certificates of its clients. Default <see cref="TunnelClientCertificateMode.NoCertificate"/>. With any
    /// other value, exactly one of <see cref="TrustedClientRoots"/> and <see cref="ClientCertificateValidation"/> must be set.
    /// </summary>
    public TunnelClientCertificateMode ClientCertificateMode { get; set; }

    /// <summary>The only root authorities that may have issued the clients' certificates. Default none.</summary>
    public X509Certificate2Collection TrustedClientRoots { get; } = [];

    /// <summary>
    /// Decides whether a client's certificate is accepted. It receives the errors of the platform's validation, and its result overrides
    /// them. Not called for clients without a certificate. Default null.
    /// </summary>
    public RemoteCertificateValidationCallback? ClientCertificateValidation { get; set; }

    /// <summary>
    /// Maps a client's certificate to the session's user, in place of the user that the HTTP exchange was authenticated as. Without a
    /// mapping, or if it returns null, the exchange's user is used. Default null. Must be fast and thread-safe.
    /// </summary>
    public Func<X509Certificate2, ClaimsPrincipal?>? MapClientCertificate { get; set; }

    /// <summary>Returns the certificate for a client that requests <paramref name="name"/>; null when there is none. Thread-safe.</summary>
    internal SslStreamCertificateContext? GetCertificateContext(string name)
    {
        if ((CertificateSelector is null ? Certificate : CertificateSelector(name)) is not { } certificate)
        {
            return null;
        }

        // Building the chain is the most expensive part, and successive handshakes nearly always use the same certificate.
        CachedContext? cached = _cachedContext;
        if (cached is null || !ReferenceEquals(cached.Certificate, certificate))
        {
            _cachedContext = cached =
                new CachedContext(certificate, SslStreamCertificateContext.Create(certificate, IntermediateCertificates, offline: true));
        }

        return cached.Context;
    }

    /// <exception cref="ArgumentException">A value is not valid. The message names it.</exception>
    internal void Validate()
    {
        if (Certificate is null == CertificateSelector is null)
        {
            throw new ArgumentException(
                $"EndToEndTls must have either Certificate or CertificateSelector, got {(Certificate is null ? "neither" : "both")}.",
                nameof(Certificate));
        }

        if (Certificate is { HasPrivateKey: false })
        {
            throw new ArgumentException(
                $"EndToEndTls.Certificate must have its private key, got {Certificate.Subject} without one.", nameof(Certificate));
        }

        if (!Enum.IsDefined(ClientCertificateMode))
        {
            throw new ArgumentException(
                "EndToEndTls.ClientCertificateMode must be NoCertificate, AllowCertificate or RequireCertificate, got "
                    + $"{(int)ClientCertificateMode}.",
                nameof(ClientCertificateMode));
        }

        if (ClientCertificateMode != TunnelClientCertificateMode.NoCertificate
            && TrustedClientRoots.Count > 0 == ClientCertificateValidation is not null)
        {
            string actual = ClientCertificateValidation is null
                ? "neither: the certificates of any authority would be accepted"
                : "both: they cannot be combined";
            throw new ArgumentException(
                "EndToEndTls must have either TrustedClientRoots or ClientCertificateValidation when ClientCertificateMode is "
                    + $"{ClientCertificateMode}, got {actual}.",
                nameof(TrustedClientRoots));
        }
    }

    private sealed record CachedContext(X509Certificate2 Certificate, SslStreamCertificateContext Context);
}
