using System.Buffers;

namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Buffers until a number of bytes or the end has arrived.</summary>
internal sealed class BufferStage(IStageSink next, StageContext context, long bytes) : FaultStage(next, context)
{
    // Null after the buffer was delivered.
    private ArrayBufferWriter<byte>? _buffer = new();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        if (_buffer is null)
        {
            await Next.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_buffer.WrittenCount + chunk.Length > Context.MaxBufferedBytes)
        {
            Context.Overflow();
            cancellationToken.ThrowIfCancellationRequested();
        }

        _buffer.Write(chunk.Span);
        if (_buffer.WrittenCount >= bytes)
        {
            await DeliverAsync(_buffer, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_buffer is { WrittenCount: > 0 } buffer)
        {
            await DeliverAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        await Next.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private ValueTask DeliverAsync(ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        _buffer = null;
        return Next.WriteAsync(buffer.WrittenMemory, cancellationToken);
    }
}
