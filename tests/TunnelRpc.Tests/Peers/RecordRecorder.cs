using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Peers;

/// <summary>Records the records that a parser finds, as text, and the concatenated bytes of DATA.</summary>
internal sealed class RecordRecorder : IRecordHandler
{
    private readonly List<byte> _data = [];

    public List<string> Events { get; } = [];

    public byte[] Data => [.. _data];

    public void OnStart(ulong offset) => Events.Add($"start {offset}");

    public void OnData(ReadOnlySpan<byte> data)
    {
        data.Length.ShouldBeGreaterThan(0);
        _data.AddRange(data);
    }

    public void OnAck(ulong offset) => Events.Add($"ack {offset}");

    public void OnPing(ulong nonce) => Events.Add($"ping {nonce}");

    public void OnPong(ulong nonce) => Events.Add($"pong {nonce}");

    public void OnClose(CloseMessage close) => Events.Add($"close {close.Status} {close.LastAcceptedStream} {close.Reason}");
}
