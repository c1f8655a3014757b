namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Forwards a number of bytes and then resets the connection.</summary>
internal sealed class ResetStage : FaultStage
{
    private long _remaining;

    public ResetStage(IStageSink next, StageContext context, long bytes, int spread)
        : base(next, context) => _remaining = bytes + context.Random.Next(spread + 1);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        int length = (int)Math.Min(_remaining, chunk.Length);
        _remaining -= length;
        if (length > 0)
        {
            await Next.WriteAsync(chunk[..length], cancellationToken).ConfigureAwait(false);
        }

        if (_remaining == 0)
        {
            Context.Termination.Reset();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
