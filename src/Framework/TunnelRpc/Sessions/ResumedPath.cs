namespace TunnelRpc.Sessions;

/// <summary>What the handshake of a move agreed on.</summary>
/// <param name="Epoch">The path's epoch.</param>
/// <param name="Acknowledged">How much the peer has received of this side's stream.</param>
/// <param name="Input">What has been received behind the handshake.</param>
internal sealed record ResumedPath(uint Epoch, ulong Acknowledged, RecordInput Input);
