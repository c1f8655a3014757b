namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A scoped dependency, with one instance per call.</summary>
internal sealed class CallStamp(CallLog log) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        log.Entries.Enqueue("disposed");
        return default;
    }
}
