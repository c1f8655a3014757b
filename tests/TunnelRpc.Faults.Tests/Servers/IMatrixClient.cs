namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>The callback interface that the client serves.</summary>
[TunnelService]
public partial interface IMatrixClient
{
    Task<byte[]> ReverseAsync(byte[] bytes, CancellationToken cancellationToken = default);
}
