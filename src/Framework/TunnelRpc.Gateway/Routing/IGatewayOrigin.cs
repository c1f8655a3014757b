namespace TunnelRpc.Gateway.Routing;

// Decision: docs/adr/0091-gateway.md
/// <summary>
/// A connected program that answers the requests for a name, by whatever dialect it has connected: a session of the tunnel, a reverse-HTTP
/// connection, a poller. Thread-safe.
/// </summary>
internal interface IGatewayOrigin
{
    /// <summary>The dialect, for inspection and logs: "tunnel", "ptth", "comet", "relay", "raw".</summary>
    string Dialect { get; }

    /// <summary>The address of the program, for inspection and logs; null when it is unknown.</summary>
    string? RemoteEndPoint { get; }

    /// <summary>
    /// Sends one request. Returns as soon as the head of the response has arrived; the body of the request may still be sent then.
    /// </summary>
    /// <param name="request">The request. Its body is read until the response is disposed.</param>
    /// <param name="cancellationToken">Aborts the exchange, also after the head has arrived.</param>
    /// <returns>The response, which the caller disposes.</returns>
    /// <exception cref="GatewayOriginException">
    /// There is no response. The exception says why, and whether another origin may be tried.
    /// </exception>
    ValueTask<GatewayResponse> SendAsync(GatewayRequest request, CancellationToken cancellationToken);
}
