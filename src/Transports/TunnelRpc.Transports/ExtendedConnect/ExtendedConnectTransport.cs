using System.Net;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.ExtendedConnect;

/// <summary>
/// HTTP/2 extended CONNECT (RFC 8441): <c>CONNECT</c> with <c>:protocol = tunnelrpc</c>; after the 200, bytes both ways on one HTTP/2
/// stream. For HTTP/2 front ends, some of which turn it into an HTTP/1.1 Upgrade. An https address agrees on
/// HTTP/2 by ALPN, with a proxy inside its CONNECT; an http address is spoken to in HTTP/2 from the first byte on. A server
/// that does not offer HTTP/2 or extended CONNECT fails the attempt at once. Thread-safe.
/// </summary>
public sealed class ExtendedConnectTransport : ITransport
{
    internal const string TransportName = "extended-connect";

    private const string HandshakeTimeoutHint =
        "The CONNECT was answered with 200, so something on the way passes that and not what follows it, in at least one direction; "
        + "or what answered is no tunnel.";

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

            // The client below knows no end of its own on such a stream but the reset.
            return new Http2ClientConnection(dialer, response, stream, stream, static () => { }, dialer.CreateConnectionInfo(HandshakeTimeoutHint), endpoint.TimeProvider);
        }
        catch
        {
            response?.Dispose();
            dialer.Dispose();
            throw;
        }
    }
}
