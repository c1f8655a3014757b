namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>A contract with concurrent dispatch.</summary>
[TunnelService]
public partial interface IFree : IScript;
