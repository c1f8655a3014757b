using System.Runtime.CompilerServices;

namespace TunnelRpc.Server.Tests.Shares;

/// <summary>Keeps what it is given until the test releases it.</summary>
internal sealed class Warehouse : IWarehouse
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;

    /// <summary>The calls that keep bytes.</summary>
    public int RunningCount => Volatile.Read(ref _running);

    public void Release() => _released.TrySetResult();

    public async ValueTask<int> StoreAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            await _released.Task.WaitAsync(cancellationToken);
            return bytes.Length;
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public async ValueTask DropAsync(byte[] bytes) => await StoreAsync(bytes, CancellationToken.None);

    public ValueTask<byte[]> MakeAsync(int size) => new(new byte[size]);

    public ValueTask<IShelf> OpenShelfAsync() => new(new Shelf());

    public ValueTask<int> CountAsync(int value) => new(value);

    public async IAsyncEnumerable<byte[]> GiveAsync(int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Yield();
            yield return new byte[size];
        }
    }

    private sealed class Shelf : IShelf
    {
        public ValueTask<int> CountAsync(int value) => new(value);
    }
}
