namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Splits the first bytes into small chunks.</summary>
internal sealed class SplitStage(IStageSink next, StageContext context, int min, int max, long firstBytes) : FaultStage(next, context)
{
    private long _remaining = firstBytes;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        while (!chunk.IsEmpty)
        {
            int length = _remaining > 0 ? Math.Min(chunk.Length, Context.Random.Next(min, max + 1)) : chunk.Length;
            await Next.WriteAsync(chunk[..length], cancellationToken).ConfigureAwait(false);
            chunk = chunk[length..];
            _remaining -= length;
        }
    }
}
