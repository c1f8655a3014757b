namespace TunnelRpc.Sessions;

/// <summary>What a server's handshake came to.</summary>
/// <param name="Parameters">The session, new or moved.</param>
/// <param name="ReceiveBuffer">What has been received behind the handshake; the moved session's own by now.</param>
/// <param name="ResumedPath">The path that a session moved to; null for a new session.</param>
internal sealed record AcceptResult(SessionParameters Parameters, ReceiveBuffer ReceiveBuffer, SessionPath? ResumedPath);
