using TunnelRpc.Gateway.Polling;

namespace TunnelRpc.Gateway.Relaying;

/// <summary>
/// A request URL of the relay: a GET of it fetches one request, and a POST to it carries the response. The lock of its
/// <see cref="Registration"/> guards it.
/// </summary>
internal sealed class RelaySlot
{
    /// <summary>The secret part of the URL.</summary>
    public string Id { get; set; } = string.Empty;

    /// <summary>The request that was delivered; null before.</summary>
    public QueuedRequest? Request { get; set; }

    /// <summary>The secret part of the next URL; set with the request.</summary>
    public string? NextId { get; set; }
}
