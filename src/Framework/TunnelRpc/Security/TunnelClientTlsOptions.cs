using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Security;

namespace TunnelRpc;

/// <summary>
/// End-to-end TLS as a client wants it: inside of every path, whatever TLS the path itself has. Once set it is not left out:
/// a server that does not offer it is not talked to. Checked when the client is made, and not to be changed after that.
/// </summary>
/// <remarks>
/// At most one of <see cref="PinnedCertificates"/>, <see cref="TrustedRoots"/> and <see cref="ServerCertificateValidation"/>;
/// with none of them the platform's own check decides.
/// </remarks>
public sealed class TunnelClientTlsOptions
{
    private SslStreamCertificateContext? _context;

    /// <summary>The name that the server's certificate must be made out to; the address's host by default.</summary>
    public string? TargetHost { get; set; }

    /// <summary>
    /// SHA-256 thumbprints, in hexadecimal digits with or without colons: only a server certificate with one of them is taken, and then
    /// neither its name nor its issuer nor its dates are looked at. Fit for certificates that a server has made itself.
    /// </summary>
    public ICollection<string> PinnedCertificates { get; } = [];

    /// <summary>The only authorities that the server's certificate may come from, in place of the platform's.</summary>
    public X509Certificate2Collection TrustedRoots { get; } = [];

    /// <summary>Decides alone whether the server's certificate is taken; told what the platform's check found.</summary>
    public RemoteCertificateValidationCallback? ServerCertificateValidation { get; set; }

    /// <summary>The client's own certificate, with its private key, for servers that want one. Stays its owner's to dispose.</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>Certificates between <see cref="ClientCertificate"/> and its root, to be sent with it.</summary>
    public X509Certificate2Collection IntermediateCertificates { get; } = [];

    internal SslStreamCertificateContext? CertificateContext => ClientCertificate is null
        ? null
        : _context ??= SslStreamCertificateContext.Create(ClientCertificate, IntermediateCertificates, offline: true);

    /// <exception cref="ArgumentException">A value is not usable; the message names it.</exception>
    internal void Validate()
    {
        if ((PinnedCertificates.Count > 0 ? 1 : 0) + (TrustedRoots.Count > 0 ? 1 : 0) + (ServerCertificateValidation is null ? 0 : 1) > 1)
        {
            throw new ArgumentException("EndToEndTls must have at most one of PinnedCertificates, TrustedRoots and ServerCertificateValidation, got several: each decides alone.", nameof(PinnedCertificates));
        }

        if (PinnedCertificates.FirstOrDefault(pin => !CertificateText.IsThumbprint(pin)) is { } wrong)
        {
            throw new ArgumentException($"EndToEndTls.PinnedCertificates must be SHA-256 thumbprints of 64 hexadecimal digits, got \"{wrong}\".", nameof(PinnedCertificates));
        }

        if (TargetHost is not null && Uri.CheckHostName(TargetHost) == UriHostNameType.Unknown)
        {
            throw new ArgumentException($"EndToEndTls.TargetHost must be a host's name or address, got \"{TargetHost}\".", nameof(TargetHost));
        }

        if (ClientCertificate is { HasPrivateKey: false })
        {
            throw new ArgumentException($"EndToEndTls.ClientCertificate must have its private key, got {ClientCertificate.Subject} without one.", nameof(ClientCertificate));
        }
    }
}
