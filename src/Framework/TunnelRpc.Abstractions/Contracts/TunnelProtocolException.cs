namespace TunnelRpc;

/// <summary>
/// The peer violated the protocol; the connection is aborted. The message states what was expected and what was received.
/// </summary>
internal sealed class TunnelProtocolException(string message) : TunnelException(TunnelStatus.Internal, message);
