using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Transports;

/// <summary>
/// One direction of an in-memory connection: a pipe for one reader and one writer. Each end can be closed while it is in use.
/// </summary>
internal sealed class InMemoryPipe
{
    // Similar to the buffer of a socket. A writer waits while the pipe has more bytes (backpressure).
    private const int CapacityBytes = 64 * 1024;
    private const int WriteBytes = 16 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: CapacityBytes, resumeWriterThreshold: CapacityBytes / 2, useSynchronizationContext: false));

    // Held while the memory of an end is used, so that a close does not free memory in use.
    private readonly Lock _reading = new();
    private readonly Lock _writing = new();

    // Guarded by _reading.
    private bool _readerClosed;

    // Guarded by _writing.
    private bool _writerClosed;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ValueTask<ReadResult> read;
        lock (_reading)
        {
            ThrowIfClosed(_readerClosed);
            read = _pipe.Reader.ReadAsync(cancellationToken);
        }

        ReadResult result = await read.ConfigureAwait(false);
        lock (_reading)
        {
            ThrowIfClosed(_readerClosed);
            int length = (int)Math.Min(buffer.Length, result.Buffer.Length);
            ReadOnlySequence<byte> chunk = result.Buffer.Slice(0, length);
            chunk.CopyTo(buffer.Span);
            _pipe.Reader.AdvanceTo(chunk.End);
            return length;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        do
        {
            ReadOnlySequence<byte> chunk = data.Slice(0, Math.Min(WriteBytes, data.Length));
            data = data.Slice(chunk.End);
            ValueTask<FlushResult> flush;
            lock (_writing)
            {
                ThrowIfClosed(_writerClosed);
                foreach (ReadOnlyMemory<byte> segment in chunk)
                {
                    _pipe.Writer.Write(segment.Span);
                }

                flush = _pipe.Writer.FlushAsync(cancellationToken);
            }

            FlushResult result = await flush.ConfigureAwait(false);
            ThrowIfClosed(result.IsCanceled);
            if (result.IsCompleted)
            {
                throw new TransportException("The peer has closed the in-memory connection.");
            }
        }
        while (!data.IsEmpty);
    }

    public void CloseReader()
    {
        lock (_reading)
        {
            if (!_readerClosed)
            {
                // Cancel the pending read first: Complete does not end it.
                _readerClosed = true;
                _pipe.Reader.CancelPendingRead();
                _pipe.Reader.Complete();
            }
        }
    }

    public void CloseWriter()
    {
        lock (_writing)
        {
            if (!_writerClosed)
            {
                _writerClosed = true;
                _pipe.Writer.CancelPendingFlush();
                _pipe.Writer.Complete();
            }
        }
    }

    private static void ThrowIfClosed(bool closed)
    {
        if (closed)
        {
            throw new TransportException("The in-memory connection is closed on this side.");
        }
    }
}
