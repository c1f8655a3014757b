namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Delivers a piece when the next one comes.</summary>
internal sealed class OneWriteDelayStage(IStageSink next, StageContext context) : FaultStage(next, context)
{
    private byte[]? _pending;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        byte[]? before = _pending;
        _pending = piece.ToArray();
        if (before is not null)
        {
            await Next.WriteAsync(before, cancellationToken).ConfigureAwait(false);
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
