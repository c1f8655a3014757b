namespace TunnelRpc.Sessions;

/// <summary>
/// The layer above a session.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The session calls <see cref="OnData"/> one at a time, from the reader. It calls the other members from any thread, without a
/// lock.</item>
/// <item><see cref="OnEnded"/> is called once. <see cref="OnData"/> may still be running then.</item>
/// <item>The implementation does not block. A <see cref="TunnelProtocolException"/> from <see cref="OnData"/> ends the session and is sent
/// to the peer.</item>
/// </list>
/// </remarks>
internal interface ISessionHandler
{
    /// <summary>
    /// CLOSE is about to be sent: the handler accepts no further calls of the peer.
    /// </summary>
    /// <returns>The highest stream id of the peer that was accepted; every call returns the same.</returns>
    ulong StopAcceptingCalls();

    /// <summary>The next bytes of the peer's stream; the span is valid during the call.</summary>
    void OnData(ReadOnlySpan<byte> data);

    /// <summary>The send buffer may have capacity again.</summary>
    void OnCapacityAvailable();

    /// <summary>The session has ended.</summary>
    void OnEnded(SessionEnd end);
}
