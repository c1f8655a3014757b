namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>One fault at work in one direction of one exchange. Disposal ends what it runs beside; the next stage is not its own.</summary>
internal abstract class FaultStage(IStageSink next, StageContext context) : IStageSink, IAsyncDisposable
{
    protected IStageSink Next { get; } = next;

    protected StageContext Context { get; } = context;

    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken);

    public virtual ValueTask CompleteAsync(CancellationToken cancellationToken) => Next.CompleteAsync(cancellationToken);

    public ValueTask DisposeAsync() => ReleaseAsync();

    /// <summary>Ends what runs beside the calls.</summary>
    protected virtual ValueTask ReleaseAsync() => ValueTask.CompletedTask;
}
