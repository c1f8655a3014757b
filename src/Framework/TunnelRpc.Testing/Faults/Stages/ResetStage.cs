namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Resets the connection after a number of bytes.</summary>
internal sealed class ResetStage : FaultStage
{
    private long _remaining;

    public ResetStage(IStageSink next, StageContext context, long bytes, int spread)
        : base(next, context) => _remaining = bytes + context.Random.Next(spread + 1);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        int length = (int)Math.Min(_remaining, piece.Length);
        _remaining -= length;
        if (length > 0)
        {
            await Next.WriteAsync(piece[..length], cancellationToken).ConfigureAwait(false);
        }

        if (_remaining == 0)
        {
            Context.Termination.Reset();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
