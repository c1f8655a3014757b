namespace TunnelRpc.Transports.Legs;

/// <summary>What became of a block that was offered to a <see cref="ReceiveLog"/>.</summary>
internal enum BlockResult
{
    /// <summary>It is there, now or since before.</summary>
    Taken,

    /// <summary>There is no room for it yet.</summary>
    NoRoom,

    /// <summary>Bytes before it are missing.</summary>
    Gap,

    /// <summary>The leg was opened again since.</summary>
    Stale,
}
