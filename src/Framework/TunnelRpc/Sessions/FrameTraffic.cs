namespace TunnelRpc.Sessions;

/// <summary>What a frame belongs to, for <see cref="InFlightLimit"/>.</summary>
internal enum FrameTraffic
{
    /// <summary>Neither of the others: CREDIT, CANCEL, END, DRAIN, refusals.</summary>
    Control,

    /// <summary>A call or reply in one frame.</summary>
    Small,

    /// <summary>A stream of items, or a message of several frames.</summary>
    Bulk,
}
