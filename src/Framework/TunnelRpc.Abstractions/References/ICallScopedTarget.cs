namespace TunnelRpc.References;

/// <summary>Marks what uses the caller's own objects (a stream, elements, progress): a call that has ended in order does not return before that use has stopped.</summary>
internal interface ICallScopedTarget;
