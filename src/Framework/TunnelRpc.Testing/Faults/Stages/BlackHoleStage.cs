namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Swallows what comes after a number of bytes, the end included.</summary>
internal sealed class BlackHoleStage(IStageSink next, StageContext context, long bytes) : FaultStage(next, context)
{
    private long _remaining = bytes;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        int length = (int)Math.Min(_remaining, piece.Length);
        _remaining -= length;
        if (length > 0)
        {
            await Next.WriteAsync(piece[..length], cancellationToken).ConfigureAwait(false);
        }
    }

    // An end would tell that something is wrong.
    public override ValueTask CompleteAsync(CancellationToken cancellationToken)
        => _remaining == 0 ? ValueTask.CompletedTask : Next.CompleteAsync(cancellationToken);
}
