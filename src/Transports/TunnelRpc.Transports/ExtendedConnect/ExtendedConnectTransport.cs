using System.Net;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.ExtendedConnect;

/// <summary>
/// HTTP/2 extended CONNECT (RFC 8441): <c>CONNECT</c> with <c>:protocol = tunnelrpc</c>; after the 200, one HTTP/2 stream carries the bytes
/// in both directions. For HTTP/2 front ends, some of which translate it to an HTTP/1.1 Upgrade. For an https address HTTP/2 is
/// negotiated by ALPN, with a proxy in the tunnel of its CONNECT; an http address uses HTTP/2 with prior knowledge (RFC 9113, 3.3). If
/// the server does not offer HTTP/2 or extended CONNECT, the attempt fails at once. Thread-safe.
/// </summary>
public sealed class ExtendedConnectTransport : ITransport
{
    internal const string TransportName = "extended-connect";

    private const string HandshakeTimeoutHint =
        "The response to the CONNECT was 200, so an intermediary drops the bytes that follow it, in at least one direction; "
            + "or the server that responded is not a tunnel.";

    /// <summary>"extended-connect".</summary>
    public string Name => TransportName;

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        HttpDialer dialer = new(endpoint, Name);
        HttpResponseMessage? response = null;
        try
        {
            using HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Connect, endpoint.Address, HttpVersion.Version20);
            request.Headers.Protocol = HttpHeaderValues.UpgradeToken;
            response = await dialer.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw HttpFailure.FromStatus(Name, endpoint, response, "200 OK");
            }

            Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);

            // The HTTP client cannot half-close such a stream, it can only reset it. So completeRequest does nothing.
            TransportConnectionInfo info = dialer.CreateConnectionInfo(HandshakeTimeoutHint);
            return new Http2ClientConnection(dialer, response, stream, stream, static () => { }, info, endpoint.TimeProvider);
        }
        catch
        {
            response?.Dispose();
            dialer.Dispose();
            throw;
        }
    }
}
