namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Cuts into small pieces.</summary>
internal sealed class SplitStage(IStageSink next, StageContext context, int min, int max, long firstBytes) : FaultStage(next, context)
{
    private long _remaining = firstBytes;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        while (!piece.IsEmpty)
        {
            int length = _remaining > 0 ? Math.Min(piece.Length, Context.Random.Next(min, max + 1)) : piece.Length;
            await Next.WriteAsync(piece[..length], cancellationToken).ConfigureAwait(false);
            piece = piece[length..];
            _remaining -= length;
        }
    }
}
