namespace TunnelRpc.Load.Peers.Plain;

/// <summary>The callbacks.</summary>
[TunnelService]
public partial interface IPlainClient
{
    Task<PlainSample> EchoAsync(PlainSample sample, CancellationToken cancellationToken = default);
}
