namespace TunnelRpc;

/// <summary>
/// The peer violated the protocol; the connection is aborted. The message states what was expected and what was received. It may quote the
/// peer, and is escaped.
/// </summary>
internal sealed class TunnelProtocolException(string message) : TunnelException(TunnelStatus.Internal, ForeignText.Escape(message, 4_096));
