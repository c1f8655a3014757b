using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>The tested side's end of a path, which tells when so many bytes have been read and used, or the path was closed.</summary>
internal sealed class WatchedConnection(ITransportConnection inner) : ITransportConnection
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Under the gate. Whoever reads again has used what it has read.
    private long _read;
    private long _wanted = long.MaxValue;
    private bool _isReading;

    public TransportConnectionInfo Info => inner.Info;

    /// <summary>Completes when that many further bytes are used.</summary>
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

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) => inner.WriteAsync(data, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _reached.TrySetResult();
        return inner.DisposeAsync();
    }
}
