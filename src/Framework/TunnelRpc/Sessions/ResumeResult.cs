namespace TunnelRpc.Sessions;

/// <summary>The result of a client's handshake for another path of a session.</summary>
/// <param name="Epoch">The path's epoch.</param>
/// <param name="AcknowledgedOffset">The offset up to which the peer has received this side's stream.</param>
/// <param name="ReceiveBuffer">Bytes received after the handshake.</param>
internal sealed record ResumeResult(uint Epoch, ulong AcknowledgedOffset, ReceiveBuffer ReceiveBuffer);
