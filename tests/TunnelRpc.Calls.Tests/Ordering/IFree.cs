namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>A contract whose calls run at once.</summary>
[TunnelService]
public partial interface IFree : IScript;
