namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>The service that clients call through the fault proxy.</summary>
[TunnelService(Callback = typeof(IMatrixClient))]
public partial interface IMatrixService
{
    Task<byte[]> EchoAsync(byte[] bytes, CancellationToken cancellationToken = default);

    /// <summary>Calls the client back with the bytes and returns its reply.</summary>
    Task<byte[]> CallBackAsync(byte[] bytes, CancellationToken cancellationToken = default);
}
