using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Tunnel;

/// <summary>A session of the tunnel that answers requests: each is a call of <see cref="IHttpOrigin"/>. Thread-safe.</summary>
/// <param name="stub">Calls the session; valid until it ends.</param>
/// <param name="remoteEndPoint">The address of the client on the session's first path; null when it is unknown.</param>
internal sealed class TunnelOrigin(IHttpOrigin stub, string? remoteEndPoint) : IGatewayOrigin
{
    /// <inheritdoc/>
    public string Dialect => "tunnel";

    /// <inheritdoc/>
    public string? RemoteEndPoint => remoteEndPoint;

    /// <inheritdoc/>
    public async ValueTask<GatewayResponse> SendAsync(GatewayRequest request, CancellationToken cancellationToken)
    {
        var call = new TunnelCall(stub, CreateHead(request), request, cancellationToken);
        try
        {
            HttpOriginResponse head = await call.ReceiveHeadAsync().ConfigureAwait(false);
            return new TunnelResponse(call)
            {
                Status = head.Status,
                Reason = head.Reason,
                Fields = head.Fields,
                Body = new ResponseStream(call),
            };
        }
        catch (Exception error)
        {
            await call.DisposeAsync().ConfigureAwait(false);
            if (error is TunnelException failure)
            {
                throw Translate(failure);
            }

            throw;
        }
    }

    private static HttpOriginRequest CreateHead(GatewayRequest request)
    {
        IReadOnlyList<HttpField> fields = request.Fields;
        if (request.ContentLength is { } length)
        {
            fields =
            [
                .. fields,
                new HttpField("Content-Length", length.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ];
        }

        return new HttpOriginRequest
        {
            Name = request.Name,
            Method = request.Method,
            Target = request.Target,
            Scheme = request.Scheme,
            Version = request.Version,
            Fields = fields,
            HasBody = request.Body is not null,
            Protocol = request.Protocol,
            RemoteEndPoint = request.RemoteEndPoint?.ToString(),
        };
    }

    /// <summary>
    /// NotFound and Unavailable of the client say that it has not processed the request, and so does a call that was not sent. A session
    /// that has ended during the call leaves open whether it has.
    /// </summary>
    private static GatewayOriginException Translate(TunnelException failure)
    {
        bool isUnprocessed = failure.Outcome == TunnelCallOutcome.NotSent
            || (failure.Outcome == TunnelCallOutcome.Completed
                && failure.Status is TunnelStatus.Unavailable or TunnelStatus.NotFound or TunnelStatus.Unimplemented);
        return new GatewayOriginException(
            isUnprocessed ? GatewayFailure.Unreachable
                : failure.Status == TunnelStatus.DeadlineExceeded ? GatewayFailure.Timeout
                : GatewayFailure.BadResponse,
            failure.Message,
            failure);
    }
}
