namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>A chain of faults that ends in a sink. Disposal disposes the faults; the sink stays with its owner.</summary>
internal sealed class FaultChain : IStageSink, IAsyncDisposable
{
    private readonly List<FaultStage> _stages = [];
    private readonly IStageSink _first;

    public FaultChain(IEnumerable<StreamFault> faults, IStageSink sink, StageContext context)
    {
        _first = sink;
        foreach (StreamFault fault in faults.Reverse())
        {
            FaultStage stage = fault.Create(_first, context);
            _stages.Insert(0, stage);
            _first = stage;
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken) =>
        _first.WriteAsync(chunk, cancellationToken);

    public ValueTask CompleteAsync(CancellationToken cancellationToken) => _first.CompleteAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (FaultStage stage in _stages)
        {
            await stage.DisposeAsync().ConfigureAwait(false);
        }
    }
}
