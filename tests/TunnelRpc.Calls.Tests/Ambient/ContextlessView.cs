namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>Declares that it does not read the call context, but reads it.</summary>
[NoCallContext]
internal sealed class ContextlessView : ContextView;
