using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>A connection that the test can block in one direction.</summary>
internal sealed class BlockablePath(ITransportConnection inner) : ITransportConnection
{
    private volatile TaskCompletionSource _reading = Open();
    private volatile TaskCompletionSource _writing = Open();
    private readonly TaskCompletionSource _writeBlocked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TransportConnectionInfo Info => inner.Info;

    /// <summary>Completes when a write is blocked.</summary>
    public Task WriteBlocked => _writeBlocked.Task;

    /// <summary>Blocks one direction until <see cref="Release"/>.</summary>
    /// <param name="incoming">Whether reads are blocked; otherwise writes are.</param>
    public void Block(bool incoming)
    {
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (incoming)
        {
            _reading = blocked;
        }
        else
        {
            _writing = blocked;
        }
    }

    public void Release()
    {
        _reading.TrySetResult();
        _writing.TrySetResult();
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken);
        await _reading.Task.WaitAsync(cancellationToken);
        return count;
    }

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        TaskCompletionSource writing = _writing;
        if (!writing.Task.IsCompleted)
        {
            _writeBlocked.TrySetResult();
        }

        await writing.Task.WaitAsync(cancellationToken);
        await inner.WriteAsync(data, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Release();
        return inner.DisposeAsync();
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
