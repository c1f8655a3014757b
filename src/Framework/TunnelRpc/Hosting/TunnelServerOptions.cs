namespace TunnelRpc;

/// <summary>What a server can set.</summary>
public sealed class TunnelServerOptions : TunnelOptions
{
    /// <summary>How long a stopping server waits for its sessions to end in order. Default 5 s.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether <see cref="Diagnostics.IProbe"/> is served, which tells whether calls get through, and nothing of the application. Default on:
    /// whoever may open a tunnel may probe it.
    /// </summary>
    public bool EnableProbe { get; set; } = true;

    /// <summary>End-to-end TLS inside of every path, with the server's certificate; null, the default, offers none.</summary>
    public TunnelServerTlsOptions? EndToEndTls { get; set; }

    internal override void Validate()
    {
        base.Validate();
        CheckDuration(ShutdownTimeout, nameof(ShutdownTimeout));
        EndToEndTls?.Validate();
    }
}
