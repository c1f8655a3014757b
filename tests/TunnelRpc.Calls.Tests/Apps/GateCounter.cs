namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>Counts the created and the disposed implementations. Thread-safe.</summary>
internal sealed class GateCounter
{
    private int _created;
    private int _disposed;

    public int Created => Volatile.Read(ref _created);

    public int Disposed => Volatile.Read(ref _disposed);

    /// <summary>Completes when <see cref="IGate.RunUntilCancelledAsync"/> runs.</summary>
    public TaskCompletionSource Running { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int CountCreated() => Interlocked.Increment(ref _created);

    public void CountDisposed() => Interlocked.Increment(ref _disposed);
}
