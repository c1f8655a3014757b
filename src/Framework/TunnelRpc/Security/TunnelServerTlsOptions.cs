using System.Net.Security;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc;

/// <summary>
/// End-to-end TLS as a server offers it: inside of every path, whatever TLS the path itself has. Checked when the server is made,
/// and not to be changed after that.
/// </summary>
public sealed class TunnelServerTlsOptions
{
    // The last one that was used; replaced as a whole, so that it needs no lock.
    private volatile CachedContext? _cachedContext;

    /// <summary>The server's certificate, with its private key. Stays its owner's to dispose. This or <see cref="CertificateSelector"/> is required.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>
    /// Chooses the certificate for each path, by the name that the client asks for (empty when it names none): for several names, and for
    /// certificates that are renewed. Null refuses the client. Must be quick and thread-safe.
    /// </summary>
    public Func<string, X509Certificate2?>? CertificateSelector { get; set; }

    /// <summary>Certificates between the server's and its root, to be sent with it.</summary>
    public X509Certificate2Collection IntermediateCertificates { get; } = [];

    /// <summary>Whether clients without end-to-end TLS are refused. Default on; off lets old and new clients in side by side.</summary>
    public bool RequireEncryption { get; set; } = true;

    /// <summary>Whether clients show a certificate. Default <see cref="TunnelClientCertificateMode.NoCertificate"/>. Otherwise <see cref="TrustedClientRoots"/> or <see cref="ClientCertificateValidation"/> says which.</summary>
    public TunnelClientCertificateMode ClientCertificateMode { get; set; }

    /// <summary>The only authorities that clients' certificates may come from.</summary>
    public X509Certificate2Collection TrustedClientRoots { get; } = [];

    /// <summary>Decides alone whether a client's certificate is taken; told what the platform's check found. Not asked about clients that show none.</summary>
    public RemoteCertificateValidationCallback? ClientCertificateValidation { get; set; }

    /// <summary>
    /// Makes a client's certificate the session's user, in place of whoever the HTTP exchange was authenticated as. Null, also as its
    /// result, leaves that one. Must be quick and thread-safe.
    /// </summary>
    public Func<X509Certificate2, ClaimsPrincipal?>? MapClientCertificate { get; set; }

    /// <summary>What is shown to a client that asks for that name; null when there is nothing.</summary>
    internal SslStreamCertificateContext? GetCertificateContext(string name)
    {
        if ((CertificateSelector is null ? Certificate : CertificateSelector(name)) is not { } certificate)
        {
            return null;
        }

        // Building the chain is the dearest part of it, and the certificate is nearly always the one of before.
        CachedContext? cached = _cachedContext;
        if (cached is null || !ReferenceEquals(cached.Certificate, certificate))
        {
            _cachedContext = cached = new CachedContext(certificate, SslStreamCertificateContext.Create(certificate, IntermediateCertificates, offline: true));
        }

        return cached.Context;
    }

    /// <exception cref="ArgumentException">A value is not usable; the message names it.</exception>
    internal void Validate()
    {
        if (Certificate is null == CertificateSelector is null)
        {
            throw new ArgumentException($"EndToEndTls must have Certificate or CertificateSelector, got {(Certificate is null ? "neither" : "both")}.", nameof(Certificate));
        }

        if (Certificate is { HasPrivateKey: false })
        {
            throw new ArgumentException($"EndToEndTls.Certificate must have its private key, got {Certificate.Subject} without one.", nameof(Certificate));
        }

        if (!Enum.IsDefined(ClientCertificateMode))
        {
            throw new ArgumentException($"EndToEndTls.ClientCertificateMode must be NoCertificate, AllowCertificate or RequireCertificate, got {(int)ClientCertificateMode}.", nameof(ClientCertificateMode));
        }

        if (ClientCertificateMode != TunnelClientCertificateMode.NoCertificate && TrustedClientRoots.Count > 0 == ClientCertificateValidation is not null)
        {
            throw new ArgumentException(
                $"EndToEndTls must have TrustedClientRoots or ClientCertificateValidation where ClientCertificateMode is {ClientCertificateMode}, got {(ClientCertificateValidation is null ? "neither: any authority's certificates would do" : "both: each decides alone")}.",
                nameof(TrustedClientRoots));
        }
    }

    private sealed record CachedContext(X509Certificate2 Certificate, SslStreamCertificateContext Context);
}
