using System.Net;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// Sends an upgrade request and returns the raw stream after the 101. Nothing but the request is sent before the 101. Stateless.
/// </summary>
internal static class UpgradeDialer
{
    /// <summary>The hint for the path report when no bytes arrive after the 101.</summary>
    public const string HandshakeTimeoutHint =
        "The upgrade was accepted with 101, so an intermediary drops the bytes that follow it, in at least one direction: "
            + "some proxies drop bytes that are not HTTP or WebSocket.";

    /// <summary>Returns an error for an https address with a proxy, which can be reached by CONNECT only; null otherwise.</summary>
    public static TransportException? GetHttpsProxyError(TunnelEndpoint endpoint, string transport)
        => endpoint.Proxy is not null && endpoint.Address.Scheme == Uri.UriSchemeHttps
            ? new TransportException(
                $"{transport}: a proxy is configured, and an https address is reachable through a proxy by CONNECT only: use the transport "
                    + "\"connect\".")
            {
                IsPermanent = true,
            }
            : null;

    /// <summary>Sends the upgrade request. Disposal of the returned stream closes the connection. The caller disposes the dialer.</summary>
    /// <param name="dialer">The attempt's HTTP client.</param>
    /// <param name="request">The request without its Upgrade header: a GET, or a POST without a body.</param>
    /// <param name="token">The upgrade token.</param>
    /// <param name="transport">The transport's name, for messages.</param>
    /// <param name="endpoint">The endpoint, for messages.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    public static async ValueTask<(HttpResponseMessage Response, Stream Stream)> UpgradeAsync(
        HttpDialer dialer,
        HttpRequestMessage request,
        string token,
        string transport,
        TunnelEndpoint endpoint,
        CancellationToken cancellationToken)
    {
        // Exactly one value per header: peers and proxies compare the whole value.
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", token);
        HttpResponseMessage response = await dialer.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            using (response)
            {
                throw HttpFailure.FromStatus(transport, endpoint, response, "101 Switching Protocols");
            }
        }

        string upgrade = response.Headers.Upgrade.ToString();
        if (!upgrade.Equals(token, StringComparison.OrdinalIgnoreCase))
        {
            using (response)
            {
                throw new TransportException(
                    $"{transport}: the response was 101 with \"Upgrade: {upgrade}\" instead of \"{token}\": the address or an intermediary "
                        + "speaks another protocol.")
                {
                    HttpStatus = 101,
                    IsPermanent = true,
                };
            }
        }

        return (response, dialer.Detach(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false)));
    }
}
