namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>Reads <see cref="TunnelCallContext.Current"/>.</summary>
internal class ContextView : IContextView
{
    public async ValueTask<int> CountAsync()
    {
        int before = TunnelCallContext.Current is null ? 0 : 1;
        await Task.Yield();
        return TunnelCallContext.Current is null ? before : before + 1;
    }

    public async IAsyncEnumerable<bool> StreamAsync()
    {
        yield return TunnelCallContext.Current is not null;
        await Task.CompletedTask;
    }

    public ValueTask<string> EchoAsync(string text) => new(text);
}
