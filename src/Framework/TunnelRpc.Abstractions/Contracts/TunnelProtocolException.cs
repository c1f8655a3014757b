namespace TunnelRpc;

/// <summary>The peer broke the protocol: the connection ends. The message says what was expected and what came.</summary>
internal sealed class TunnelProtocolException(string message) : TunnelException(TunnelStatus.Internal, message);
