namespace TunnelRpc.Lab;

internal sealed class LabClient : ILabClient
{
    public Task<string> ShoutAsync(string text, CancellationToken cancellationToken) => Task.FromResult(text.ToUpperInvariant());

    public Task<byte[]> ReverseAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        byte[] reversed = [.. bytes];
        Array.Reverse(reversed);
        return Task.FromResult(reversed);
    }
}
