namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>What the client offers to the server.</summary>
[TunnelService]
public partial interface IMatrixClient
{
    Task<byte[]> ReverseAsync(byte[] bytes, CancellationToken cancellationToken = default);
}
