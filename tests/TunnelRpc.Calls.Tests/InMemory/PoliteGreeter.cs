namespace TunnelRpc.Calls.Tests.InMemory;

internal sealed class PoliteGreeter : IGreeter
{
    public string Greet(string name) => $"Good day, {name}.";
}
