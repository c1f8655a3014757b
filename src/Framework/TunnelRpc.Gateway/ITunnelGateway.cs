namespace TunnelRpc.Gateway;

/// <summary>
/// The gateway of an application, for status pages and tools. Thread-safe; a singleton that can be injected anywhere. The container
/// disposes the implementation.
/// </summary>
public interface ITunnelGateway
{
    /// <summary>A snapshot of the claimed names, in alphabetical order.</summary>
    IReadOnlyList<GatewayNameStatus> Names { get; }

    /// <summary>
    /// A snapshot of the last requests, the oldest first: as many as <see cref="TunnelGatewayOptions.InspectedRequests"/>. Empty if that
    /// is 0.
    /// </summary>
    IReadOnlyList<GatewayExchange> RecentRequests { get; }

    /// <summary>
    /// Returns the requests from now on, as they change: each when it arrives, when the head of its response has arrived, and when it has
    /// ended. A reader that is slower than the requests misses changes: at most 256 wait for it, and the oldest are left out. Empty and
    /// endless if <see cref="TunnelGatewayOptions.InspectedRequests"/> is 0.
    /// </summary>
    /// <param name="cancellationToken">Ends the stream with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<GatewayExchange> WatchRequestsAsync(CancellationToken cancellationToken = default);
}
