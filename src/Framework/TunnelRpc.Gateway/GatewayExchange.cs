namespace TunnelRpc.Gateway;

/// <summary>A request and its response, as inspection shows them: a snapshot. Immutable.</summary>
public sealed record GatewayExchange
{
    /// <summary>The number of the request, from 1 in each gateway.</summary>
    public required long Id { get; init; }

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The path and query that the origin gets.</summary>
    public required string Target { get; init; }

    /// <summary>The address of the client; null when it is unknown.</summary>
    public string? RemoteEndPoint { get; init; }

    /// <summary>The protocol of an upgrade; null for an ordinary request.</summary>
    public string? Protocol { get; init; }

    /// <summary>The dialect of the origin that got the request; null when there was none.</summary>
    public string? Dialect { get; init; }

    /// <summary>The time at which the request arrived.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The time since then; the duration when the exchange has ended.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The status of the response, of the gateway itself too; null before it.</summary>
    public int? Status { get; init; }

    /// <summary>The fields of the request that the origin gets, with secrets replaced by "***".</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RequestHeaders { get; init; } = [];

    /// <summary>The fields of the response, with secrets replaced by "***".</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ResponseHeaders { get; init; } = [];

    /// <summary>The start of the request's body; of an upgraded connection nothing.</summary>
    public ReadOnlyMemory<byte> RequestBody { get; init; }

    /// <summary>The start of the response's body; of an upgraded connection nothing.</summary>
    public ReadOnlyMemory<byte> ResponseBody { get; init; }

    /// <summary>The bytes of the request's body so far.</summary>
    public long RequestBytes { get; init; }

    /// <summary>The bytes of the response's body so far.</summary>
    public long ResponseBytes { get; init; }

    /// <summary>Whether the exchange has ended.</summary>
    public bool IsCompleted { get; init; }

    /// <summary>Why the exchange has failed; null when it has not.</summary>
    public string? Error { get; init; }
}
