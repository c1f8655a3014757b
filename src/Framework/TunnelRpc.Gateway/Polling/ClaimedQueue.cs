using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Polling;

/// <summary>
/// The queue of a name that pollers of one owner have claimed, as an origin of the router. Bodies are read into memory before a request is
/// queued. Thread-safe.
/// </summary>
/// <param name="dialect">The dialect.</param>
/// <param name="owner">The owner of the name.</param>
/// <param name="remoteEndPoint">The address of the first poller.</param>
/// <param name="options">The limits.</param>
/// <param name="passesUpgrades">
/// Whether the program can take upgrades of HTTP/1.1. Without it, a request for one gets the status 501: a response to it as to an ordinary
/// request would fail at the client without a reason.
/// </param>
internal sealed class ClaimedQueue(
    string dialect, GatewayOwner owner, string? remoteEndPoint, GatewayPollingOptions options, bool passesUpgrades = false)
    : IGatewayOrigin
{
    /// <inheritdoc/>
    public string Dialect => dialect;

    /// <inheritdoc/>
    public string? RemoteEndPoint => remoteEndPoint;

    /// <summary>The owner of the name.</summary>
    public GatewayOwner Owner => owner;

    /// <summary>The requests.</summary>
    public RequestQueue Requests { get; } = new(RequestQueueLimits.Of(options), options.TimeProvider);

    /// <summary>The lease. Set once, before the queue is used.</summary>
    public Lease? Lease { get; set; }

    /// <inheritdoc/>
    public async ValueTask<GatewayResponse> SendAsync(GatewayRequest request, CancellationToken cancellationToken)
    {
        if (request.Method == "CONNECT" || (request.Protocol is not null && !passesUpgrades))
        {
            string expected = passesUpgrades
                ? "Expected an upgrade of HTTP/1.1, got a CONNECT of HTTP/2: the program behind the gateway speaks HTTP/1.1.\n"
                : "Expected an ordinary request, got an upgrade: the program behind the gateway polls, and takes no upgrade.\n";
            return BufferedGatewayResponse.Text(501, expected, "GET");
        }

        byte[] body = [];
        if (request.Body is { } stream)
        {
            body = request.ContentLength > options.MaxPolledBodySize
                ? throw TooLarge()
                : await BodyReader.ReadAsync(stream, options.MaxPolledBodySize, cancellationToken).ConfigureAwait(false)
                    ?? throw TooLarge();
        }

        return await Requests.SendAsync(request, body, cancellationToken).ConfigureAwait(false);
    }

    private GatewayOriginException TooLarge() => new(
        GatewayFailure.BodyTooLarge,
        $"Expected a body of at most {options.MaxPolledBodySize} bytes for a program that polls (MaxPolledBodySize), got a larger one.");
}
