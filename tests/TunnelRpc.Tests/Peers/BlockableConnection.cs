using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Peers;

/// <summary>A connection whose writes wait until the test lets them go, or fail as it says.</summary>
internal sealed class BlockableConnection(ITransportConnection inner) : ITransportConnection
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? _block;

    /// <summary>Thrown by the next write.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Completes once a write waits.</summary>
    public Task WriteBlocked => _entered.Task;

    public TransportConnectionInfo Info => inner.Info;

    public void Block() => _block = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        TaskCompletionSource? hold = _block;
        _block = null;
        hold?.TrySetResult();
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAsync(buffer, cancellationToken);

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        if (_block is { } hold)
        {
            _entered.TrySetResult();
            await hold.Task.WaitAsync(cancellationToken);
        }

        await inner.WriteAsync(data, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
