namespace TunnelRpc.Tests.Calls;

/// <summary>A stream that reports its disposal.</summary>
internal sealed class ProbeStream : MemoryStream
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Disposed => _disposed.Task;

    protected override void Dispose(bool disposing)
    {
        _disposed.TrySetResult();
        base.Dispose(disposing);
    }
}
