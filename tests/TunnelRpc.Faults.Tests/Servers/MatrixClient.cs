namespace TunnelRpc.Faults.Tests.Servers;

internal sealed class MatrixClient : IMatrixClient
{
    public Task<byte[]> ReverseAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        byte[] reversed = [.. bytes];
        Array.Reverse(reversed);
        return Task.FromResult(reversed);
    }
}
