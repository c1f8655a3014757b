namespace TunnelRpc.Calls.Tests;

/// <summary>References inside of other values.</summary>
public sealed record Listeners(string Text, List<IListener> All, IListener? None = null);
