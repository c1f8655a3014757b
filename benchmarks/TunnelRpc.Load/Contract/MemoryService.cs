using System.Runtime.CompilerServices;

namespace TunnelRpc.Load.Contract;

/// <summary>The implementation on the server. Every array is a new one, so that what is held is live memory.</summary>
internal sealed class MemoryService : IMemoryService
{
    public async Task HoldAsync(byte[] argument, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        GC.KeepAlive(argument);
    }

    public Task<byte[]> ReplyAsync(int size, CancellationToken cancellationToken) => Task.FromResult(new byte[size]);

    public async IAsyncEnumerable<byte[]> ItemsAsync(int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Yield();
            yield return new byte[size];
        }
    }
}
