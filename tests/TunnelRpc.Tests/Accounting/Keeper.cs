using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TunnelRpc.Tests.Accounting;

/// <summary>Keeps its arguments until the test releases it, and signals that it has them.</summary>
internal sealed class Keeper : IKeeper
{
    private readonly Channel<int> _kept = Channel.CreateUnbounded<int>();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _oneWayCalls;
    private int _made;

    /// <summary>Whether a call keeps its arguments when it is cancelled.</summary>
    public bool IgnoresCancellation { get; set; }

    /// <summary>The one-way calls that have arrived.</summary>
    public int OneWayCallCount => Volatile.Read(ref _oneWayCalls);

    /// <summary>The calls of <see cref="MakeAsync"/> that have run.</summary>
    public int MadeCount => Volatile.Read(ref _made);

    /// <summary>Waits for the next call; returns the length of its argument.</summary>
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

    public ValueTask<byte[]> MakeAsync(int size)
    {
        Interlocked.Increment(ref _made);
        return new(new byte[size]);
    }

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
        int consumed = 0;
        await foreach (byte[] _ in blocks.WithCancellation(cancellationToken))
        {
            if (++consumed == count)
            {
                _kept.Writer.TryWrite(consumed);
                await _released.Task.WaitAsync(cancellationToken);
            }
        }

        return consumed;
    }
}
