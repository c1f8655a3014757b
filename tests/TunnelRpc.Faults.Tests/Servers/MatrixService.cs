namespace TunnelRpc.Faults.Tests.Servers;

internal sealed class MatrixService(ITunnelCaller<IMatrixClient> caller) : IMatrixService
{
    public Task<byte[]> EchoAsync(byte[] bytes, CancellationToken cancellationToken) => Task.FromResult(bytes);

    public Task<byte[]> CallBackAsync(byte[] bytes, CancellationToken cancellationToken) =>
        caller.Callback.ReverseAsync(bytes, cancellationToken);
}
