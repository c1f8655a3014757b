namespace TunnelRpc.Calls.Tests;

public sealed record OutOfStock(string Item, int Remaining, List<string> Alternatives);
