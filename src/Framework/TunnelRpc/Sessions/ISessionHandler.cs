namespace TunnelRpc.Sessions;

/// <summary>
/// What the session tells the layer above. Calls of <see cref="OnData"/> come one at a time
/// from the reader; no member waits for anything.
/// </summary>
internal interface ISessionHandler
{
    /// <summary>
    /// CLOSE is about to be sent: no further call of the peer is accepted from now on. Gives the highest stream of the peer that was, the
    /// same each time.
    /// </summary>
    ulong StopAcceptingCalls();

    /// <summary>The next bytes of the session stream; not used after the call.</summary>
    void OnData(ReadOnlySpan<byte> data);

    /// <summary>There is room to send again.</summary>
    void OnCapacityAvailable();

    /// <summary>The session is over, once.</summary>
    void OnEnded(SessionEnd end);
}
