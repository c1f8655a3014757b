using System.Buffers;

namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Holds everything until enough has come or the end.</summary>
internal sealed class BufferStage(IStageSink next, StageContext context, long bytes) : FaultStage(next, context)
{
    // Null once the hold is over.
    private ArrayBufferWriter<byte>? _buffer = new();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        if (_buffer is null)
        {
            await Next.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_buffer.WrittenCount + piece.Length > Context.MaxBufferedBytes)
        {
            Context.Overflow();
            cancellationToken.ThrowIfCancellationRequested();
        }

        _buffer.Write(piece.Span);
        if (_buffer.WrittenCount >= bytes)
        {
            await ReleaseAsync(_buffer, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_buffer is { WrittenCount: > 0 } held)
        {
            await ReleaseAsync(held, cancellationToken).ConfigureAwait(false);
        }

        await Next.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private ValueTask ReleaseAsync(ArrayBufferWriter<byte> held, CancellationToken cancellationToken)
    {
        _buffer = null;
        return Next.WriteAsync(held.WrittenMemory, cancellationToken);
    }
}
