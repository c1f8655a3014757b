namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Refuses a body that is too large.</summary>
internal sealed class SizeLimitStage(IStageSink next, StageContext context, long bytes) : FaultStage(next, context)
{
    private long _remaining = bytes;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        _remaining -= piece.Length;
        if (_remaining < 0)
        {
            Context.Overflow();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return Next.WriteAsync(piece, cancellationToken);
    }
}
