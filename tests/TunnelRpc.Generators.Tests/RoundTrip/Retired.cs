namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Serves an obsolete contract.</summary>
[Obsolete("Use another.")]
internal sealed class Retired : IRetired
{
    public Task<string> EchoAsync(string text) => Task.FromResult(text);

    public Task<IRetired.Item> OldAsync(IRetired.Item item) => Task.FromResult(item);
}
