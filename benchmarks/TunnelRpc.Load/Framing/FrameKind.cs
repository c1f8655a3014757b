namespace TunnelRpc.Load.Framing;

/// <summary>What a frame is.</summary>
internal enum FrameKind : byte
{
    /// <summary>Asks for its echo.</summary>
    Request,

    /// <summary>The echo.</summary>
    Reply,

    /// <summary>One of a stream.</summary>
    Item,

    /// <summary>The stream's sender has sent its last.</summary>
    LastItem,

    /// <summary>How many items were taken: the sample names it.</summary>
    ItemCount,

    /// <summary>Asks for items, for as many milliseconds as the sample names.</summary>
    StartDownload,

    /// <summary>Asks for an item.</summary>
    EchoItem,

    /// <summary>Asks for the answer that there are no more.</summary>
    LastEchoItem,
}
