namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>Says whether a call has a context.</summary>
[TunnelService]
public partial interface IContextView
{
    /// <summary>How often there was one: before a wait and behind it.</summary>
    ValueTask<int> CountAsync();

    /// <summary>Whether there was one, once.</summary>
    IAsyncEnumerable<bool> StreamAsync();

    /// <summary>Gives it back.</summary>
    ValueTask<string> EchoAsync(string text);
}
