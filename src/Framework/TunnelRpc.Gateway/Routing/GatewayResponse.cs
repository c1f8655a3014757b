using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Routing;

/// <summary>The response of an origin. Disposal aborts what has not been read. Not thread-safe.</summary>
internal abstract class GatewayResponse : IAsyncDisposable
{
    /// <summary>The status code: 101, or 200 to 999.</summary>
    public required int Status { get; init; }

    /// <summary>The reason phrase; null for the standard one.</summary>
    public string? Reason { get; init; }

    /// <summary>The fields. Hop-by-hop fields are not among them.</summary>
    public required IReadOnlyList<HttpField> Fields { get; init; }

    /// <summary>
    /// The body; null when the response has none by its status or method. After status 101 or a successful extended CONNECT a stream in
    /// both directions. Valid until disposal. A read throws <see cref="IOException"/> when the origin breaks off.
    /// </summary>
    public Stream? Body { get; init; }

    /// <summary>The trailers. Call it after the body has ended; null when there are none.</summary>
    public virtual IReadOnlyList<HttpField>? GetTrailers() => null;

    /// <summary>
    /// The client has ended its direction of an upgraded connection; the other direction may continue. Call it once, after the last write.
    /// Returns whether the origin can see it: not by default, for dialects that cannot pass it on.
    /// </summary>
    public virtual ValueTask<bool> CompleteUpgradedRequestAsync() => new(false);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
