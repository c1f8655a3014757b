using System.Threading.Channels;
using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>A stream that records its events.</summary>
internal sealed class RecordingStream : TunnelStream
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly bool _receivesItems;
    private IncomingCallLimiter.Permit _incomingPermit;

    /// <param name="receiveWindow">The receive window; null if the peer sends no items.</param>
    /// <param name="sendWindow">The send window; null if this side sends no items.</param>
    public RecordingStream(int? receiveWindow = null, int? sendWindow = null)
    {
        _receivesItems = receiveWindow is not null;
        ReceiveWindow = receiveWindow is { } receive
            ? new ReceiveWindow(receive, receive, new MemoryAccount(), new ConsumedItems(long.MaxValue, _ => { }))
            : null;
        SendWindow = sendWindow is { } send ? new SendWindow(send, new WorkQueue()) : null;
    }

    /// <summary>The permit of a call of the peer.</summary>
    public ref IncomingCallLimiter.Permit IncomingPermit => ref _incomingPermit;

    public bool HasEvent => _events.Reader.Count > 0;

    public Task<string> NextAsync() => _events.Reader.ReadAsync().DefaultTimeout();

    public override void OnReply(FrameFlags flags, ReadOnlySpan<byte> body) => _events.Writer.TryWrite($"reply {body.Length}");

    public override void OnItems(ReadOnlySpan<byte> body)
    {
        if (!_receivesItems)
        {
            base.OnItems(body);
        }

        _events.Writer.TryWrite($"items {body.Length}");
    }

    public override bool OnEnd(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        if (!_receivesItems)
        {
            return base.OnEnd(flags, body);
        }

        _events.Writer.TryWrite("end");
        return false;
    }

    public override void OnCancel(TunnelStatus status) => _events.Writer.TryWrite($"cancel {status}");

    public override void OnItemsRejected(TunnelException error) => _events.Writer.TryWrite($"rejected {error.Status}");

    public override void OnFailed(TunnelException error) => _events.Writer.TryWrite($"failed {error.Status}");
}
