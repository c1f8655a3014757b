namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>What the server offers through the fault proxy.</summary>
[TunnelService(Callback = typeof(IMatrixClient))]
public partial interface IMatrixService
{
    Task<byte[]> EchoAsync(byte[] bytes, CancellationToken cancellationToken = default);

    /// <summary>Sends the bytes on to the client, and its answer back.</summary>
    Task<byte[]> CallBackAsync(byte[] bytes, CancellationToken cancellationToken = default);
}
