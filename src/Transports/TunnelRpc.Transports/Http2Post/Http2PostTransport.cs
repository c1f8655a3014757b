using System.Net;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>
/// One HTTP/2 <c>POST</c> whose request and response bodies stream concurrently. For HTTP/2 front ends without extended CONNECT, which may
/// forward the exchange to the server in HTTP/1.1. The preamble proves that the response streams; the session's handshake proves that the
/// request streams. HTTP/2 is selected as by <see cref="ExtendedConnect.ExtendedConnectTransport"/>. Thread-safe.
/// </summary>
public sealed class Http2PostTransport : ITransport
{
    internal const string TransportName = "http2-post";

    private const string HandshakeTimeoutHint =
        "The response streams, so most likely the request does not: a proxy buffers it until its body ends, as nginx does unless "
            + "proxy_request_buffering is off. Configure the proxy to stream requests, or to forward the Upgrade header.";

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
            TransportConnectionInfo info = dialer.CreateConnectionInfo(HandshakeTimeoutHint);
            return new Http2ClientConnection(dialer, response, incoming, outgoing, request.CompleteBody, info, endpoint.TimeProvider);
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
