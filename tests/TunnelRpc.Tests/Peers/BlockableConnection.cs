using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Peers;

/// <summary>A connection whose writes block until the test releases them, or fail with a given exception.</summary>
internal sealed class BlockableConnection(ITransportConnection inner) : ITransportConnection
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? _block;

    /// <summary>Thrown by the next write.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Completes when a write is blocked.</summary>
    public Task WriteBlocked => _entered.Task;

    public TransportConnectionInfo Info => inner.Info;

    /// <summary>Blocks the writes that start from now on.</summary>
    public void Block() => _block = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Continues the blocked writes, and blocks no more.</summary>
    public void Release()
    {
        TaskCompletionSource? block = _block;
        _block = null;
        block?.TrySetResult();
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAsync(buffer, cancellationToken);

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        if (_block is { } block)
        {
            _entered.TrySetResult();
            await block.Task.WaitAsync(cancellationToken);
        }

        await inner.WriteAsync(data, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
