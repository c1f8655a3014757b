namespace TunnelRpc.Hosting;

/// <summary>What a server can set.</summary>
public sealed class TunnelServerOptions : TunnelOptions
{
    /// <summary>How long a stopping server waits for its sessions to end in order. Default 5 s.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    internal override void Validate()
    {
        base.Validate();
        CheckDuration(ShutdownTimeout, nameof(ShutdownTimeout));
    }
}
