using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>
/// The connection of the tested side. Signals when a number of bytes is read and processed, or when the connection is closed.
/// </summary>
internal sealed class WatchedConnection(ITransportConnection inner) : ITransportConnection
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate. The reader has processed the bytes of its previous read when it reads again.
    private long _read;
    private long _wanted = long.MaxValue;
    private bool _isReading;

    public TransportConnectionInfo Info => inner.Info;

    /// <summary>
    /// Completes when <paramref name="further"/> bytes after the offset <paramref name="since"/> are processed, or on disposal.
    /// </summary>
    public Task WaitForReadAsync(long further, long since)
    {
        lock (_gate)
        {
            _wanted = since + further;
            if (_isReading && _read >= _wanted)
            {
                _reached.TrySetResult();
            }
        }

        return _reached.Task;
    }

    /// <summary>The number of bytes that were read.</summary>
    public long Read
    {
        get
        {
            lock (_gate)
            {
                return _read;
            }
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isReading = true;
            if (_read >= _wanted)
            {
                _reached.TrySetResult();
            }
        }

        int count = await inner.ReadAsync(buffer, cancellationToken);
        lock (_gate)
        {
            _isReading = false;
            _read += count;
        }

        return count;
    }

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        inner.WriteAsync(data, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _reached.TrySetResult();
        return inner.DisposeAsync();
    }
}
