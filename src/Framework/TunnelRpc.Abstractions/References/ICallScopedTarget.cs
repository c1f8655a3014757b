namespace TunnelRpc.References;

/// <summary>
/// Marks an exported target that uses an object of the caller (a stream, an enumerable, a progress). A call that the callee has completed
/// does not return to the caller until the target is no longer in use.
/// </summary>
internal interface ICallScopedTarget;
