namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>Counts the implementations that were made and disposed.</summary>
internal sealed class GateCounter
{
    private int _made;
    private int _disposed;

    public int Made => Volatile.Read(ref _made);

    public int Disposed => Volatile.Read(ref _disposed);

    /// <summary>Completes when a call is held.</summary>
    public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Next() => Interlocked.Increment(ref _made);

    public void CountDisposed() => Interlocked.Increment(ref _disposed);
}
