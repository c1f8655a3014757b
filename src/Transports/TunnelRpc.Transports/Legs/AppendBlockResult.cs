namespace TunnelRpc.Transports.Legs;

/// <summary>What became of a block that was offered to a <see cref="LegReceiveBuffer"/>.</summary>
internal enum AppendBlockResult
{
    /// <summary>It is there, now or since before.</summary>
    Accepted,

    /// <summary>There is no room for it yet.</summary>
    NoCapacity,

    /// <summary>Bytes before it are missing.</summary>
    Gap,

    /// <summary>The leg was opened again since.</summary>
    Stale,
}
