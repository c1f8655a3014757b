namespace TunnelRpc.Load.Framing;

/// <summary>The kinds of frames.</summary>
internal enum FrameKind : byte
{
    /// <summary>A call. The peer returns the sample.</summary>
    Request,

    /// <summary>The reply to a call.</summary>
    Reply,

    /// <summary>An item of a stream.</summary>
    Item,

    /// <summary>The end of a stream: its sender has sent the last item.</summary>
    LastItem,

    /// <summary>The number of items that the receiver of a stream has consumed, as the name of the sample.</summary>
    ItemCount,

    /// <summary>Requests items for a number of milliseconds, which is the name of the sample.</summary>
    StartDownload,

    /// <summary>An item that the peer sends back as an <see cref="Item"/>.</summary>
    EchoItem,

    /// <summary>The end of the <see cref="EchoItem"/> frames. The peer replies with <see cref="LastItem"/>.</summary>
    LastEchoItem,
}
