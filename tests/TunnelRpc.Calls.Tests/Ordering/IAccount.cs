namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>An object under ordered dispatch, passed by reference.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface IAccount : IScript;
