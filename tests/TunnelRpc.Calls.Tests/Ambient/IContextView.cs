namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>Reports whether its calls have a call context.</summary>
[TunnelService]
public partial interface IContextView
{
    /// <summary>Counts how often the context was set: before and after an await.</summary>
    ValueTask<int> CountAsync();

    /// <summary>Yields one item: whether the context was set.</summary>
    IAsyncEnumerable<bool> StreamAsync();

    /// <summary>Returns its argument.</summary>
    ValueTask<string> EchoAsync(string text);
}
