namespace TunnelRpc.Cli.Serving;

/// <summary>The options of the command "tunnelrpc serve".</summary>
/// <param name="Urls">The URLs to listen on.</param>
/// <param name="Path">The path to serve tunnels under, in addition to the root.</param>
internal sealed record ServeOptions(IReadOnlyList<Uri> Urls, string Path)
{
    /// <summary>A PKCS#12 file, or a PEM file with certificate and key; null for a new self-signed certificate.</summary>
    public FileInfo? Certificate { get; init; }

    /// <summary>The password of the file; null for none.</summary>
    public string? CertificatePassword { get; init; }

    /// <summary>Whether the server offers end-to-end TLS.</summary>
    public bool EndToEndTls { get; init; }

    /// <summary>What is served in addition to tunnels.</summary>
    public RelayOptions Relay { get; init; } = new();
}
