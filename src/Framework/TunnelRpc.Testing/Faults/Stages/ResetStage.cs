namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Resets the connection after a number of bytes.</summary>
internal sealed class ResetStage : FaultStage
{
    private long _left;

    public ResetStage(IPieceSink next, StageContext context, long bytes, int spread)
        : base(next, context) => _left = bytes + context.Random.Next(spread + 1);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        int length = (int)Math.Min(_left, piece.Length);
        _left -= length;
        if (length > 0)
        {
            await Next.WriteAsync(piece[..length], cancellationToken).ConfigureAwait(false);
        }

        if (_left == 0)
        {
            Context.End.Reset();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
