namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>An object with ordered dispatch that is passed by reference.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface IAccount : IScript;
