using System.Net;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>
/// One HTTP/2 <c>POST</c> whose two bodies stream at once. For HTTP/2 front ends without extended CONNECT; what stands behind them may
/// speak HTTP/1.1 to the server. That the answer streams is proved by its preamble, the request by the session's
/// handshake. How HTTP/2 is agreed on is <see cref="ExtendedConnect.ExtendedConnectTransport"/>'s. Thread-safe.
/// </summary>
public sealed class Http2PostTransport : ITransport
{
    internal const string TransportName = "http2-post";

    private const string HandshakeTimeoutHint =
        "The answer streams, so it is most likely the request that does not: a proxy on the way holds it until its body ends, "
        + "as nginx does unless proxy_request_buffering is off. Let that proxy stream requests, or let it pass the Upgrade header.";

    /// <summary>"http2-post".</summary>
    public string Name => TransportName;

    internal static Preamble Preamble { get; } = new(TransportName);

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        HttpDialer dialer = new(endpoint, Name);
        Http2PostRequest request = new(dialer, endpoint);
        HttpResponseMessage? response = null;
        try
        {
            response = await request.SendAsync(cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw HttpFailure.FromStatus(Name, endpoint, response, "200 OK");
            }

            Stream incoming = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await Preamble.ReadAndVerifyAsync(incoming, cancellationToken).ConfigureAwait(false);
            Stream outgoing = await request.GetBodyStreamAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            return new Http2ClientConnection(dialer, response, incoming, outgoing, request.CompleteBody, dialer.CreateConnectionInfo(HandshakeTimeoutHint), endpoint.TimeProvider);
        }
        catch
        {
            request.Dispose();
            response?.Dispose();
            dialer.Dispose();
            throw;
        }
    }
}
