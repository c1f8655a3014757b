namespace TunnelRpc.Sessions;

/// <summary>The result of a server's handshake.</summary>
/// <param name="Parameters">The parameters of the session, new or resumed.</param>
/// <param name="ReceiveBuffer">
/// The buffer with the bytes received after the handshake. The path of a resumed session owns it already.
/// </param>
/// <param name="ResumedPath">The path on which a session was resumed; null for a new session.</param>
internal sealed record AcceptResult(SessionParameters Parameters, ReceiveBuffer ReceiveBuffer, SessionPath? ResumedPath)
{
    /// <summary>The session in the registry, new or resumed; null when the handshake had no registry.</summary>
    public IRegisteredSession? Session { get; init; }
}
