namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Blocks writes and new connections while the proxy is paused. Thread-safe.</summary>
internal sealed class PauseGate
{
    // Null while the gate is open.
    private volatile TaskCompletionSource? _closed;

    public void Close() =>
        Interlocked.CompareExchange(ref _closed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);

    public void Open() => Interlocked.Exchange(ref _closed, null)?.TrySetResult();

    public ValueTask WaitAsync(CancellationToken cancellationToken) =>
        _closed is { } closed ? new ValueTask(closed.Task.WaitAsync(cancellationToken)) : ValueTask.CompletedTask;
}
