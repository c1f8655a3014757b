namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A scoped dependency: one a call.</summary>
internal sealed class CallStamp(CallLog visits) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        visits.Entries.Enqueue("disposed");
        return default;
    }
}
