namespace TunnelRpc.Gateway.Client;

/// <summary>One request that was forwarded to a local server, as <see cref="HttpOriginOptions.OnExchange"/> gets it. Immutable.</summary>
public sealed record HttpOriginExchange
{
    /// <summary>The number of the exchange, from 1 in each origin: the same in both calls for one exchange.</summary>
    public required long Id { get; init; }

    /// <summary>The claimed name.</summary>
    public required string Name { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The path and query, escaped.</summary>
    public required string Target { get; init; }

    /// <summary>The address of the client of the gateway; null when it is unknown.</summary>
    public string? RemoteEndPoint { get; init; }

    /// <summary>The protocol of an upgrade, for instance "websocket"; null for an ordinary request.</summary>
    public string? Protocol { get; init; }

    /// <summary>The time at which the request arrived.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The time since then.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The status of the response; null when there is none.</summary>
    public int? Status { get; init; }

    /// <summary>The bytes of the request's body so far.</summary>
    public long RequestBytes { get; init; }

    /// <summary>The bytes of the response's body so far.</summary>
    public long ResponseBytes { get; init; }

    /// <summary>Whether the exchange has ended.</summary>
    public bool IsCompleted { get; init; }

    /// <summary>Why the exchange has failed; null when it has not. "Cancelled." when the client of the gateway has left.</summary>
    public string? Error { get; init; }
}
