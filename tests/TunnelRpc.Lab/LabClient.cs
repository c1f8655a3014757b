namespace TunnelRpc.Lab;

internal sealed class LabClient : ILabClient
{
    public Task<string> ShoutAsync(string text, CancellationToken cancellationToken) => Task.FromResult(text.ToUpperInvariant());

    public Task<byte[]> MakeAsync(int count, CancellationToken cancellationToken) => Task.FromResult(new byte[count]);
}
