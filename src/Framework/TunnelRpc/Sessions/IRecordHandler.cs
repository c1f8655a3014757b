namespace TunnelRpc.Sessions;

/// <summary>What a parsed record does; called by the reader, so no member waits.</summary>
internal interface IRecordHandler
{
    void OnData(ReadOnlySpan<byte> data);

    void OnAck(ulong offset);

    void OnPing(ulong nonce);

    void OnPong(ulong nonce);

    void OnClose(CloseMessage close);
}
