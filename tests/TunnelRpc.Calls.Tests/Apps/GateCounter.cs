namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>Counts the implementations that were made and disposed.</summary>
internal sealed class GateCounter
{
    private int _created;
    private int _disposed;

    public int Created => Volatile.Read(ref _created);

    public int Disposed => Volatile.Read(ref _disposed);

    /// <summary>Completes when a call is held.</summary>
    public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Next() => Interlocked.Increment(ref _created);

    public void CountDisposed() => Interlocked.Increment(ref _disposed);
}
