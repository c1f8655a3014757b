namespace TunnelRpc.Sessions;

/// <summary>What a server's handshake came to.</summary>
/// <param name="Info">The session, new or moved.</param>
/// <param name="Input">What has been received behind the handshake; the moved session's own by now.</param>
/// <param name="Moved">The path that a session moved to; null for a new session.</param>
internal sealed record AcceptedPath(SessionInfo Info, RecordInput Input, SessionPath? Moved);
