using System.Runtime.CompilerServices;

namespace TunnelRpc.Load.Contract;

/// <summary>The implementation on the server that is attacked.</summary>
internal sealed class VictimService(ITunnelClients<IVictimMember> members) : IVictimService
{
    public ValueTask<Sample> EchoAsync(Sample sample, CancellationToken cancellationToken) => new(sample);

    public async IAsyncEnumerable<Sample> ItemsAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return Sample.One;
        }
    }

    public async IAsyncEnumerable<byte[]> BlocksAsync(int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Yield();
            yield return new byte[size];
        }
    }

    public async Task HoldAsync(byte[] argument, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        GC.KeepAlive(argument);
    }

    public Task BlockAsync(int milliseconds)
    {
        Thread.Sleep(milliseconds);
        return Task.CompletedTask;
    }

    public async Task BroadcastAsync(byte[] bytes) => await members.All.TickAsync(bytes);
}
