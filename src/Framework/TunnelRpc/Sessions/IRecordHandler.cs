namespace TunnelRpc.Sessions;

/// <summary>What a parsed record does; called by the reader, so no member waits.</summary>
internal interface IRecordHandler
{
    /// <summary>DATA begins at <paramref name="offset"/> of the session stream; once, before any, and only where the session has moved.</summary>
    void OnStart(ulong offset);

    void OnData(ReadOnlySpan<byte> data);

    void OnAck(ulong offset);

    void OnPing(ulong nonce);

    void OnPong(ulong nonce);

    void OnClose(CloseMessage close);
}
