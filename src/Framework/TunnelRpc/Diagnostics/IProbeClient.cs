namespace TunnelRpc.Diagnostics;

/// <summary>What a client serves so that a server's <see cref="IProbe"/> can call it back.</summary>
[TunnelService(Name = "TunnelRpc.ProbeClient")]
public partial interface IProbeClient
{
    /// <summary>Gives back what it gets.</summary>
    [Idempotent]
    Task<byte[]> EchoAsync(byte[] payload, CancellationToken cancellationToken = default);
}
