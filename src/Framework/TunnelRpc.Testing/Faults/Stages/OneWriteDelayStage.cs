namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Delivers each chunk when the next one arrives, and the last chunk at the end.</summary>
internal sealed class OneWriteDelayStage(IStageSink next, StageContext context) : FaultStage(next, context)
{
    private byte[]? _pending;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        byte[]? previous = _pending;
        _pending = chunk.ToArray();
        if (previous is not null)
        {
            await Next.WriteAsync(previous, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_pending is { } last)
        {
            _pending = null;
            await Next.WriteAsync(last, cancellationToken).ConfigureAwait(false);
        }

        await Next.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }
}
