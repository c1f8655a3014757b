namespace TunnelRpc.Cli.Serving;

/// <summary>Where to serve, and how.</summary>
internal sealed record ServeOptions(IReadOnlyList<Uri> Urls, string Path)
{
    /// <summary>A PKCS#12 file, or a PEM file with certificate and key; null for one that is made up.</summary>
    public FileInfo? Certificate { get; init; }

    public string? CertificatePassword { get; init; }

    public bool EndToEndTls { get; init; }
}
