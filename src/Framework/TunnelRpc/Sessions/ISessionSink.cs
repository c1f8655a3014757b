namespace TunnelRpc.Sessions;

/// <summary>
/// What the session tells the layer above. Calls of <see cref="OnData"/> come one at a time
/// from the reader; no member waits for anything.
/// </summary>
internal interface ISessionSink
{
    /// <summary>The highest stream that the peer opened and this side accepted; for CLOSE.</summary>
    ulong LastAcceptedStream { get; }

    /// <summary>The next bytes of the session stream; not used after the call.</summary>
    void OnData(ReadOnlySpan<byte> data);

    /// <summary>There is room to send again.</summary>
    void OnRoom();

    /// <summary>The session is over, once; <paramref name="error"/> says why, for the calls that it ends.</summary>
    void OnEnded(TunnelException error);
}
