namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Refuses a body above a number of bytes.</summary>
internal sealed class SizeLimitStage(IStageSink next, StageContext context, long bytes) : FaultStage(next, context)
{
    private long _remaining = bytes;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        _remaining -= chunk.Length;
        if (_remaining < 0)
        {
            Context.Overflow();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return Next.WriteAsync(chunk, cancellationToken);
    }
}
