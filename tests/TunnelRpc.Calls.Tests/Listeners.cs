namespace TunnelRpc.Calls.Tests;

/// <summary>A value that contains references.</summary>
public sealed record Listeners(string Text, List<IListener> All, IListener? None = null);
