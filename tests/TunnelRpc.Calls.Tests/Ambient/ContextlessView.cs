namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>Says that it does not look, and does.</summary>
[NoCallContext]
internal sealed class ContextlessView : ContextView;
