namespace TunnelRpc.Calls.Tests;

public sealed record OutOfStock(string Item, int Left, List<string> Alternatives);
