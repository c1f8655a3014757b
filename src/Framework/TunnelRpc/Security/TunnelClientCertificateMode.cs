namespace TunnelRpc;

/// <summary>Whether a server requests certificates of its clients in end-to-end TLS.</summary>
public enum TunnelClientCertificateMode
{
    /// <summary>The server requests no certificate.</summary>
    NoCertificate,

    /// <summary>
    /// The server requests a certificate and also serves clients without one. A certificate that a client sends must be valid.
    /// </summary>
    AllowCertificate,

    /// <summary>The server requests a certificate and refuses clients without a valid one.</summary>
    RequireCertificate,
}
