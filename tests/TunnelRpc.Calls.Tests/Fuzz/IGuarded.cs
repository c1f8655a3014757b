using TunnelRpc.Calls.Tests.Lifetimes;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>A contract that the server serves to some users only. Both sides serve it; the client to every server.</summary>
[TunnelService]
public partial interface IGuarded
{
    Task<string> ReadAsync(string text);

    /// <summary>If it is refused, so are the references that it passes.</summary>
    [OneWay]
    Task WriteAsync(OneKind value);
}

internal sealed class Guarded : IGuarded
{
    public Task<string> ReadAsync(string text) => Task.FromResult(text);

    public async Task WriteAsync(OneKind value) => await value.Input.DisposeAsync();
}
