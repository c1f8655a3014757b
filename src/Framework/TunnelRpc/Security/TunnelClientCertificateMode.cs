namespace TunnelRpc;

/// <summary>What a server wants of its clients' certificates.</summary>
public enum TunnelClientCertificateMode
{
    /// <summary>None is asked for.</summary>
    NoCertificate,

    /// <summary>One is asked for; a client without one is served, too. One that is shown must be good.</summary>
    AllowCertificate,

    /// <summary>One is asked for, and a client without one is refused.</summary>
    RequireCertificate,
}
