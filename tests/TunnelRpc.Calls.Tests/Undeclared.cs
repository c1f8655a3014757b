namespace TunnelRpc.Calls.Tests;

/// <summary>A fault that no contract declares.</summary>
public sealed record Undeclared(int Value);
