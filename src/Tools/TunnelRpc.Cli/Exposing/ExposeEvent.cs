namespace TunnelRpc.Cli.Exposing;

/// <summary>What the views of "tunnelrpc expose" show. Immutable.</summary>
/// <param name="Time">When it happened.</param>
internal abstract record ExposeEvent(DateTimeOffset Time);

/// <summary>The name is claimed: requests arrive from now on.</summary>
/// <param name="Time">When it happened.</param>
/// <param name="Url">The public URL.</param>
/// <param name="Transport">The transport to the gateway.</param>
internal sealed record ClaimedEvent(DateTimeOffset Time, Uri Url, string Transport) : ExposeEvent(Time);

/// <summary>The path to the gateway was disconnected. The client connects again.</summary>
/// <param name="Time">When it happened.</param>
/// <param name="Reason">Why.</param>
internal sealed record DisconnectedEvent(DateTimeOffset Time, string Reason) : ExposeEvent(Time);

/// <summary>A request has ended.</summary>
/// <param name="Time">When it arrived.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, without the query, which may have secrets. Escaped.</param>
/// <param name="Elapsed">The time from its arrival to the end of the response.</param>
internal sealed record RequestEvent(DateTimeOffset Time, string Method, string Path, TimeSpan Elapsed) : ExposeEvent(Time)
{
    /// <summary>The status; null when there was no response.</summary>
    public int? Status { get; init; }

    /// <summary>The bytes of the body of the request; those to the server of an upgraded connection.</summary>
    public long BytesUp { get; init; }

    /// <summary>The bytes of the body of the response; those from the server of an upgraded connection.</summary>
    public long BytesDown { get; init; }

    /// <summary>The protocol of an upgrade, for instance "websocket"; null for an ordinary request.</summary>
    public string? Protocol { get; init; }

    /// <summary>Why there was no response, or no whole one; null for a complete exchange. Escaped.</summary>
    public string? Failure { get; init; }
}
