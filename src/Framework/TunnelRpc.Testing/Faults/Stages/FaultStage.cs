namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>
/// A fault in one direction of one exchange. Disposal ends the timers and tasks of the stage; it does not dispose the next stage.
/// </summary>
internal abstract class FaultStage(IStageSink next, StageContext context) : IStageSink, IAsyncDisposable
{
    protected IStageSink Next { get; } = next;

    protected StageContext Context { get; } = context;

    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken);

    public virtual ValueTask CompleteAsync(CancellationToken cancellationToken) => Next.CompleteAsync(cancellationToken);

    public ValueTask DisposeAsync() => ReleaseAsync();

    /// <summary>Ends the timers and tasks of the stage.</summary>
    protected virtual ValueTask ReleaseAsync() => ValueTask.CompletedTask;
}
