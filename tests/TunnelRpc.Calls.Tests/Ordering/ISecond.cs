namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>Another contract under ordered dispatch.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface ISecond : IScript;
