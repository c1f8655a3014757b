using System.Net;

namespace TunnelRpc.Transports.Http;

/// <summary>Asks for an upgrade and gives the raw stream after the 101. No byte is sent before that.</summary>
internal static class UpgradeDialer
{
    /// <summary>What it says of the path when nothing comes behind the 101.</summary>
    public const string HandshakeTimeoutHint =
        "The upgrade was agreed to with 101, so something on the way passes that and not what follows it, in at least one direction: "
        + "some proxies do so with what is not HTTP, or not WebSocket, to them.";

    /// <summary>Why an address cannot be reached by an upgrade: https goes through a proxy by CONNECT only. Null when it can.</summary>
    public static TransportException? GetHttpsProxyError(TunnelEndpoint endpoint, string transport)
        => endpoint.Proxy is not null && endpoint.Address.Scheme == Uri.UriSchemeHttps
            ? new TransportException($"{transport}: a proxy is configured, and an https address is reached through a proxy by CONNECT only: the transport \"connect\" does that.") { IsPermanent = true }
            : null;

    /// <summary>Opens the stream. Its disposal closes the connection; the dialer stays its caller's.</summary>
    /// <param name="dialer">The attempt's client.</param>
    /// <param name="request">The request, without its Upgrade header; a GET, or a POST without a body.</param>
    /// <param name="token">The upgrade token.</param>
    /// <param name="transport">The transport's name, for messages.</param>
    /// <param name="endpoint">The endpoint, for messages.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async ValueTask<(HttpResponseMessage Response, Stream Stream)> UpgradeAsync(
        HttpDialer dialer,
        HttpRequestMessage request,
        string token,
        string transport,
        TunnelEndpoint endpoint,
        CancellationToken cancellationToken)
    {
        // Exactly one value each: peers and proxies compare the whole header.
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

        string upgraded = response.Headers.Upgrade.ToString();
        if (!upgraded.Equals(token, StringComparison.OrdinalIgnoreCase))
        {
            using (response)
            {
                throw new TransportException($"{transport}: the answer was 101 with \"Upgrade: {upgraded}\" instead of \"{token}\": something on the way speaks another protocol.")
                {
                    HttpStatus = 101,
                    IsPermanent = true,
                };
            }
        }

        return (response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
    }
}
