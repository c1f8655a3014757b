namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Forwards a number of bytes, and drops all later bytes and the end.</summary>
internal sealed class BlackHoleStage(IStageSink next, StageContext context, long bytes) : FaultStage(next, context)
{
    private long _remaining = bytes;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        int length = (int)Math.Min(_remaining, chunk.Length);
        _remaining -= length;
        if (length > 0)
        {
            await Next.WriteAsync(chunk[..length], cancellationToken).ConfigureAwait(false);
        }
    }

    // A forwarded end would reveal the fault to the receiver.
    public override ValueTask CompleteAsync(CancellationToken cancellationToken)
        => _remaining == 0 ? ValueTask.CompletedTask : Next.CompleteAsync(cancellationToken);
}
