namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A scoped dependency: one a call.</summary>
internal sealed class CallStamp(Visits visits) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        visits.Seen.Enqueue("disposed");
        return default;
    }
}
