using System.Buffers;

namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Holds everything until enough has come or the end.</summary>
internal sealed class HoldStage(IPieceSink next, StageContext context, long bytes) : FaultStage(next, context)
{
    // Null once the hold is over.
    private ArrayBufferWriter<byte>? _held = new();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        if (_held is null)
        {
            await Next.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_held.WrittenCount + piece.Length > Context.MaxHeldBytes)
        {
            Context.Overflow();
            cancellationToken.ThrowIfCancellationRequested();
        }

        _held.Write(piece.Span);
        if (_held.WrittenCount >= bytes)
        {
            await ReleaseAsync(_held, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_held is { WrittenCount: > 0 } held)
        {
            await ReleaseAsync(held, cancellationToken).ConfigureAwait(false);
        }

        await Next.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private ValueTask ReleaseAsync(ArrayBufferWriter<byte> held, CancellationToken cancellationToken)
    {
        _held = null;
        return Next.WriteAsync(held.WrittenMemory, cancellationToken);
    }
}
