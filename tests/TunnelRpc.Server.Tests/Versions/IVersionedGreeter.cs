namespace TunnelRpc.Server.Tests.Versions;

/// <summary>A contract whose facts the tests compare.</summary>
[TunnelService(Name = "greeter.versioned")]
internal partial interface IVersionedGreeter
{
    Task<string> GreetAsync(VersionedGreeting greeting);
}

internal sealed record VersionedGreeting(string Name)
{
    public VersionedGreeting? Next { get; init; }
}

internal sealed class VersionedGreeter : IVersionedGreeter
{
    public Task<string> GreetAsync(VersionedGreeting greeting) => Task.FromResult($"Hello, {greeting.Name}!");
}
