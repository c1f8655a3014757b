namespace TunnelRpc.Sessions;

/// <summary>The result of a server's handshake.</summary>
/// <param name="Parameters">The parameters of the new or resumed session.</param>
/// <param name="ReceiveBuffer">Bytes received after the handshake. Owned by the session if it was resumed.</param>
/// <param name="ResumedPath">The path that a resumed session has migrated to; null for a new session.</param>
internal sealed record AcceptResult(SessionParameters Parameters, ReceiveBuffer ReceiveBuffer, SessionPath? ResumedPath);
