namespace TunnelRpc.Sessions;

/// <summary>Receives the records that <see cref="RecordParser"/> parses.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>The parser calls the members one at a time, on the reader, in the order of the records.</item>
/// <item>The implementation does not block, and does not use a span after the call.</item>
/// <item>A <see cref="TunnelProtocolException"/> ends the session. <see cref="OnClose"/> may throw to end the reader.</item>
/// </list>
/// </remarks>
internal interface IRecordHandler
{
    /// <summary>
    /// DATA starts at <paramref name="offset"/> of the peer's stream. Called once, before any DATA, and only on a path that the session has
    /// migrated to.
    /// </summary>
    void OnStart(ulong offset);

    /// <summary>The next bytes of the peer's stream: a part of a DATA record, or all of it.</summary>
    void OnData(ReadOnlySpan<byte> data);

    /// <summary>The peer has received this side's stream up to <paramref name="offset"/>.</summary>
    void OnAck(ulong offset);

    /// <summary>The peer expects a PONG with this nonce.</summary>
    void OnPing(ulong nonce);

    /// <summary>The peer has answered the PING with this nonce.</summary>
    void OnPong(ulong nonce);

    /// <summary>The peer sends nothing after this record.</summary>
    void OnClose(CloseMessage close);
}
