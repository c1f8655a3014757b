using System.Buffers;
using System.IO.Pipelines;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Accounting;

/// <summary>One end of a connection with a buffer of a few bytes: a longer write waits until the other side has read.</summary>
internal sealed class TinyConnection : ITransportConnection
{
    private const int CapacityBytes = 16;

    private readonly Pipe _incoming;
    private readonly Pipe _outgoing;

    private TinyConnection(Pipe incoming, Pipe outgoing)
    {
        _incoming = incoming;
        _outgoing = outgoing;
    }

    public TransportConnectionInfo Info { get; } = new("tiny", "peer");

    public static (TinyConnection, TinyConnection) Open()
    {
        Pipe up = new(new PipeOptions(pauseWriterThreshold: CapacityBytes, resumeWriterThreshold: 1, useSynchronizationContext: false));
        Pipe down = new(new PipeOptions(pauseWriterThreshold: CapacityBytes, resumeWriterThreshold: 1, useSynchronizationContext: false));
        return (new TinyConnection(down, up), new TinyConnection(up, down));
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ReadResult read = await _incoming.Reader.ReadAsync(cancellationToken);
        int count = (int)Math.Min(buffer.Length, read.Buffer.Length);
        ReadOnlySequence<byte> part = read.Buffer.Slice(0, count);
        part.CopyTo(buffer.Span);
        _incoming.Reader.AdvanceTo(part.End);
        return count;
    }

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        while (!data.IsEmpty)
        {
            ReadOnlySequence<byte> part = data.Slice(0, Math.Min(CapacityBytes, data.Length));
            foreach (ReadOnlyMemory<byte> segment in part)
            {
                _outgoing.Writer.Write(segment.Span);
            }

            if ((await _outgoing.Writer.FlushAsync(cancellationToken)).IsCompleted)
            {
                throw new TransportException("tiny: the other side has closed the connection.");
            }

            data = data.Slice(part.End);
        }
    }

    public ValueTask DisposeAsync()
    {
        // Reads and writes have ended, or the session cancels them and waits for that.
        _outgoing.Writer.CancelPendingFlush();
        _incoming.Reader.CancelPendingRead();
        return default;
    }
}
