namespace TunnelRpc.Sessions;

/// <summary>What the handshake of a move agreed on.</summary>
/// <param name="Epoch">The path's epoch.</param>
/// <param name="AcknowledgedOffset">How much the peer has received of this side's stream.</param>
/// <param name="ReceiveBuffer">What has been received behind the handshake.</param>
internal sealed record ResumeResult(uint Epoch, ulong AcknowledgedOffset, ReceiveBuffer ReceiveBuffer);
