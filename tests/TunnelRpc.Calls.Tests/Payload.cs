namespace TunnelRpc.Calls.Tests;

public sealed record Payload(int Id, string Name, double Value, IReadOnlyList<string> Tags, Payload? Inner = null);
