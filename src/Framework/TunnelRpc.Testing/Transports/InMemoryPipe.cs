using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Transports;

/// <summary>One direction of a pair: a pipe whose two ends can be closed while they are in use. One reader, one writer.</summary>
internal sealed class InMemoryPipe
{
    // As much as a socket holds, roughly: writers wait beyond it.
    private const int CapacityBytes = 64 * 1024;
    private const int WriteBytes = 16 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: CapacityBytes, resumeWriterThreshold: CapacityBytes / 2, useSynchronizationContext: false));

    // Each is held while its end's memory is touched, so that closing never frees memory in use; the flags are set under it.
    private readonly Lock _reading = new();
    private readonly Lock _writing = new();
    private bool _readerClosed;
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
            ReadOnlySequence<byte> part = result.Buffer.Slice(0, length);
            part.CopyTo(buffer.Span);
            _pipe.Reader.AdvanceTo(part.End);
            return length;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        do
        {
            ReadOnlySequence<byte> part = data.Slice(0, Math.Min(WriteBytes, data.Length));
            data = data.Slice(part.End);
            ValueTask<FlushResult> flush;
            lock (_writing)
            {
                ThrowIfClosed(_writerClosed);
                foreach (ReadOnlyMemory<byte> segment in part)
                {
                    _pipe.Writer.Write(segment.Span);
                }

                flush = _pipe.Writer.FlushAsync(cancellationToken);
            }

            FlushResult result = await flush.ConfigureAwait(false);
            ThrowIfClosed(result.IsCanceled);
            if (result.IsCompleted)
            {
                throw new TransportException("The in-memory connection's peer has closed it.");
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
                // A read that waits is woken first; a completed reader would leave it waiting.
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
