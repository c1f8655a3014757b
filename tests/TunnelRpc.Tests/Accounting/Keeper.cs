using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TunnelRpc.Tests.Accounting;

/// <summary>Keeps what it is given until the test lets it go, and says when it has it.</summary>
internal sealed class Keeper : IKeeper
{
    private readonly Channel<int> _kept = Channel.CreateUnbounded<int>();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _oneWayCalls;

    /// <summary>Whether what is kept is kept when its call is cancelled.</summary>
    public bool IgnoresCancellation { get; set; }

    /// <summary>How many one-way calls have come.</summary>
    public int OneWayCallCount => Volatile.Read(ref _oneWayCalls);

    /// <summary>The length of what was kept next.</summary>
    public ValueTask<int> KeptAsync() => _kept.Reader.ReadAsync();

    public void Release() => _released.TrySetResult();

    public async ValueTask<int> KeepAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        _kept.Writer.TryWrite(bytes.Length);
        await _released.Task.WaitAsync(IgnoresCancellation ? CancellationToken.None : cancellationToken);
        return bytes.Length;
    }

    public ValueTask TellAsync(byte[] bytes)
    {
        Interlocked.Increment(ref _oneWayCalls);
        return default;
    }

    public ValueTask<byte[]> MakeAsync(int size) => new(new byte[size]);

    public async IAsyncEnumerable<byte[]> GiveAsync(int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Yield();
            yield return new byte[size];
        }
    }

    public async ValueTask<int> TakeAsync(int count, IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken)
    {
        int taken = 0;
        await foreach (byte[] _ in blocks.WithCancellation(cancellationToken))
        {
            if (++taken == count)
            {
                _kept.Writer.TryWrite(taken);
                await _released.Task.WaitAsync(cancellationToken);
            }
        }

        return taken;
    }
}
