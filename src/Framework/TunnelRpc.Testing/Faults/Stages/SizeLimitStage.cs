namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Refuses a body that is too large.</summary>
internal sealed class SizeLimitStage(IPieceSink next, StageContext context, long bytes) : FaultStage(next, context)
{
    private long _left = bytes;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        _left -= piece.Length;
        if (_left < 0)
        {
            Context.Overflow();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return Next.WriteAsync(piece, cancellationToken);
    }
}
