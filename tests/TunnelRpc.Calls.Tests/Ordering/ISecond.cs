namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>Another contract with ordered dispatch.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface ISecond : IScript;
