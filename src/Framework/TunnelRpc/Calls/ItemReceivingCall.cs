using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>An incoming call that receives a stream of items (client streaming or duplex).</summary>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The queue is its own enumerator; its consumer disposes it.")]
internal abstract class ItemReceivingCall<TArgs, TItem> : IncomingCall<TArgs>
{
    private readonly ItemQueue<TItem> _items;

    protected ItemReceivingCall(ITunnelFormatter<TItem> formatter, in IncomingCallInfo head)
    {
        TunnelPeer peer = head.Peer;
        ReceiveWindow window = peer.Multiplexer.CreateReceiveWindow();
        ReceiveWindow = window;
        _items = new ItemQueue<TItem>(
            formatter,
            window,
            (bytes, enlargesWindow) => peer.Multiplexer.SendCredit(this, bytes, enlargesWindow),
            peer.Multiplexer.Work,
            head.References);
    }

    /// <summary>The items that the peer sends. They can be enumerated once.</summary>
    protected IAsyncEnumerable<TItem> Items => _items;

    public override void OnItems(ReadOnlySpan<byte> body) => _items.Add(body);

    public override bool OnEnd(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        _items.Complete(ReplyBody.ReadEnd(Method, flags, body, null, out _));
        return false;
    }

    protected override void OnInputEnded(TunnelException reason) => _items.Complete(reason);
}
