namespace TunnelRpc.Diagnostics;

/// <summary>The echo service that a client serves so that the <see cref="IProbe"/> of a server can call back.</summary>
[TunnelService(Name = "TunnelRpc.ProbeClient")]
public partial interface IProbeClient
{
    /// <summary>Returns <paramref name="payload"/>.</summary>
    [Idempotent]
    Task<byte[]> EchoAsync(byte[] payload, CancellationToken cancellationToken = default);
}
