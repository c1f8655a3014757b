using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Security;

namespace TunnelRpc;

/// <summary>
/// A client's settings for end-to-end TLS, which runs inside every connection, in addition to the transport's own TLS. When they are
/// set, the client does not connect to a server that does not offer end-to-end TLS. Validated when the client is created; must not be
/// changed afterwards.
/// </summary>
/// <remarks>
/// At most one of <see cref="PinnedCertificates"/>, <see cref="TrustedRoots"/> and <see cref="ServerCertificateValidation"/> may be set.
/// With none of them the platform validates the server's certificate.
/// </remarks>
public sealed class TunnelClientTlsOptions
{
    private SslStreamCertificateContext? _context;

    /// <summary>The name that the server's certificate must have. Default null: the host of the server's address.</summary>
    public string? TargetHost { get; set; }

    /// <summary>
    /// SHA-256 thumbprints, as 64 hexadecimal digits with or without colons. If there are any, only a server certificate with one of them
    /// is accepted, and its name, issuer and dates are not checked. Suitable for self-signed certificates. Default none.
    /// </summary>
    public ICollection<string> PinnedCertificates { get; } = [];

    /// <summary>
    /// The only root authorities that may have issued the server's certificate, in place of the platform's. Default none.
    /// </summary>
    public X509Certificate2Collection TrustedRoots { get; } = [];

    /// <summary>
    /// Decides whether the server's certificate is accepted. It receives the errors of the platform's validation, and its result overrides
    /// them. Default null.
    /// </summary>
    public RemoteCertificateValidationCallback? ServerCertificateValidation { get; set; }

    /// <summary>
    /// The client's certificate, with its private key, for servers that request one. Default null: none. The application disposes it.
    /// </summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>The certificates between <see cref="ClientCertificate"/> and its root, which are sent with it. Default none.</summary>
    public X509Certificate2Collection IntermediateCertificates { get; } = [];

    internal SslStreamCertificateContext? CertificateContext => ClientCertificate is null
        ? null
        : _context ??= SslStreamCertificateContext.Create(ClientCertificate, IntermediateCertificates, offline: true);

    /// <exception cref="ArgumentException">A value is not valid. The message names it.</exception>
    internal void Validate()
    {
        if ((PinnedCertificates.Count > 0 ? 1 : 0) + (TrustedRoots.Count > 0 ? 1 : 0) + (ServerCertificateValidation is null ? 0 : 1) > 1)
        {
            throw new ArgumentException(
                "EndToEndTls must have at most one of PinnedCertificates, TrustedRoots and ServerCertificateValidation, got several: they "
                    + "cannot be combined.",
                nameof(PinnedCertificates));
        }

        if (PinnedCertificates.FirstOrDefault(pin => !CertificateText.IsThumbprint(pin)) is { } invalid)
        {
            throw new ArgumentException(
                $"EndToEndTls.PinnedCertificates must be SHA-256 thumbprints of 64 hexadecimal digits, got \"{invalid}\".",
                nameof(PinnedCertificates));
        }

        if (TargetHost is not null && Uri.CheckHostName(TargetHost) == UriHostNameType.Unknown)
        {
            throw new ArgumentException(
                $"EndToEndTls.TargetHost must be a host name or IP address, got \"{TargetHost}\".", nameof(TargetHost));
        }

        if (ClientCertificate is { HasPrivateKey: false })
        {
            throw new ArgumentException(
                $"EndToEndTls.ClientCertificate must have its private key, got {ClientCertificate.Subject} without one.",
                nameof(ClientCertificate));
        }
    }
}
