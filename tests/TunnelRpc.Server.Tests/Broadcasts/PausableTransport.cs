using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Server.Tests.Broadcasts;

/// <summary>A transport whose connections can stop to read. They still write, so their owner answers and pings as before.</summary>
internal sealed class PausableTransport(ITransport inner) : ITransport
{
    private readonly Lock _gate = new();

    // Guarded by _gate. Completed while connections read.
    private TaskCompletionSource _reading = Completed();
    private Connection? Last { get; set; }

    public string Name => inner.Name;

    /// <summary>The connections that were opened.</summary>
    public int OpenedCount { get; private set; }

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ITransportConnection connection = await inner.ConnectAsync(endpoint, cancellationToken);
        lock (_gate)
        {
            OpenedCount++;
            return Last = new Connection(this, connection);
        }
    }

    /// <summary>Stops reading.</summary>
    public void Pause()
    {
        lock (_gate)
        {
            _reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Reads again.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            _reading.TrySetResult();
        }
    }

    /// <summary>Breaks the last connection, as a network does.</summary>
    public async Task BreakAsync()
    {
        Connection last;
        lock (_gate)
        {
            last = Last!;
        }

        await last.BreakAsync();
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    private sealed class Connection(PausableTransport owner, ITransportConnection inner) : ITransportConnection
    {
        private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TransportConnectionInfo Info => inner.Info;

        public async Task BreakAsync()
        {
            _broken.TrySetException(new TransportException("The test has broken the connection."));
            await inner.DisposeAsync();
        }

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            try
            {
                return await ReadUnlessPausedAsync(buffer, cancellationToken);
            }
            catch (ObjectDisposedException) when (_broken.Task.IsFaulted)
            {
                throw new TransportException("The test has broken the connection.");
            }
        }

        private async ValueTask<int> ReadUnlessPausedAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            Task reading;
            lock (owner._gate)
            {
                reading = owner._reading.Task;
            }

            await (await Task.WhenAny(reading, _broken.Task).WaitAsync(cancellationToken));
            int count = await inner.ReadAsync(buffer, cancellationToken);
            lock (owner._gate)
            {
                reading = owner._reading.Task;
            }

            await (await Task.WhenAny(reading, _broken.Task).WaitAsync(cancellationToken));
            return count;
        }

        public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        {
            try
            {
                await inner.WriteAsync(data, cancellationToken);
            }
            catch (ObjectDisposedException) when (_broken.Task.IsFaulted)
            {
                throw new TransportException("The test has broken the connection.");
            }
        }

        public ValueTask DisposeAsync()
        {
            _broken.TrySetException(new TransportException("The connection was disposed."));
            return inner.DisposeAsync();
        }
    }
}
