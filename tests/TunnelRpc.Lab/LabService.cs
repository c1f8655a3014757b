using System.Runtime.CompilerServices;

namespace TunnelRpc.Lab;

internal sealed class LabService(ITunnelCaller<ILabClient> caller) : ILabService
{
    public Task<string> EchoAsync(string text, CancellationToken cancellationToken) => Task.FromResult(text);

    public Task<byte[]> EchoBytesAsync(byte[] bytes, CancellationToken cancellationToken) => Task.FromResult(bytes);

    public async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    public Task<string> CallBackAsync(string text, CancellationToken cancellationToken) => caller.Callback.ShoutAsync(text, cancellationToken);

    public Task<byte[]> CallBackBytesAsync(byte[] bytes, CancellationToken cancellationToken) => caller.Callback.ReverseAsync(bytes, cancellationToken);
}
