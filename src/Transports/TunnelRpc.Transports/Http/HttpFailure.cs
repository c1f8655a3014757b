using System.Net;
using System.Net.Sockets;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// Translates failures of an HTTP exchange to <see cref="TransportException"/>s with messages for the path report. Stateless.
/// </summary>
internal static class HttpFailure
{
    // The error code HTTP_1_1_REQUIRED (RFC 9113, 7).
    private const long Http11Required = 0xd;

    private const string WindowsAuthenticationHint =
        "Negotiate and NTLM need a platform that supports them (on Linux: GSS-API, and for NTLM its plug-in); with a proxy that also "
        + "offers Digest or Basic, neither is needed.";

    /// <summary>Creates the exception for a response with an unexpected status.</summary>
    /// <param name="transport">The transport's name.</param>
    /// <param name="endpoint">The endpoint of the request.</param>
    /// <param name="response">The response.</param>
    /// <param name="expected">The expected status.</param>
    /// <param name="notFoundReason">The reason of a 404, if the caller knows it; null otherwise.</param>
    public static TransportException FromStatus(
        string transport, TunnelEndpoint endpoint, HttpResponseMessage response, string expected, string? notFoundReason = null)
    {
        int status = (int)response.StatusCode;
        string actual = $"the response was {status} {response.ReasonPhrase} instead of {expected}";
        TimeSpan? retryAfter = status >= 400 ? RetryAfter.Read(response, endpoint.TimeProvider) : null;
        string reason = (status == 404 ? notFoundReason : null)
            ?? DescribeStatus(transport, endpoint, response, expected.StartsWith("101", StringComparison.Ordinal));
        return new TransportException($"{transport}: {actual}: {reason}{RetryAfter.Describe(retryAfter)}.")
        {
            HttpStatus = status,
            RetryAfter = retryAfter,

            // A 413 with Retry-After is temporary (RFC 9110, 15.5.14).
            IsPermanent = IsPermanent(status) && !(status == 413 && retryAfter is not null),
        };
    }

    /// <summary>Creates the exception for an exception of the HTTP client.</summary>
    public static TransportException FromException(
        string transport, TunnelEndpoint endpoint, Exception exception, DialObservations observed)
    {
        if (exception is TransportException known)
        {
            return known;
        }

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError, StatusCode: { } status })
        {
            return FromProxyStatus(transport, endpoint, (int)status, exception, observed.Proxy);
        }

        if (observed.Proxy.HasUsedWindowsAuthentication
            && !observed.HasResponse
            && exception is not HttpRequestException and not IOException)
        {
            // The platform's NTLM and Negotiate throw undocumented exception types.
            string proxy = $"the proxy {endpoint.Proxy!.Authority} {DescribeChallenge(observed.Proxy)}";
            return new TransportException(
                $"{transport}: {proxy}, which failed on this machine: {exception.Message} {WindowsAuthenticationHint}", exception)
            {
                HttpStatus = 407,
                IsProxyResponse = true,
                IsPermanent = true,
            };
        }

        (string message, bool isPermanent) = Describe(endpoint, exception, observed);
        return new TransportException($"{transport}: {message}.", exception) { IsPermanent = isPermanent };
    }

    private static string DescribeStatus(string transport, TunnelEndpoint endpoint, HttpResponseMessage response, bool isUpgrade)
        => (int)response.StatusCode switch
        {
            400 when isUpgrade => "the server or an intermediary considers the request invalid: an intermediary may have changed its "
                + "Upgrade header, or does not forward upgrades",
            400 => "the server or an intermediary considers the request invalid: an intermediary may have changed it",
            407 => "the proxy requires credentials"
                + (endpoint.ProxyCredentials is null
                    ? ", and none are configured: set ProxyCredentials"
                    : ", and refused the configured credentials"),
            401 when endpoint.GetHeaders().Any(h => h.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
                => "the server (or an intermediary) did not accept the credentials of this client: they may be wrong, expired, or of "
                    + "another scheme than it requires; check AccessTokenProvider or the Authorization header in Headers",
            401 => "the server (or an intermediary) requires credentials, and the request has no Authorization header: set "
                + "AccessTokenProvider or Headers",
            403 when response.Headers.TryGetValues(HttpHeaderValues.RefusalHeader, out IEnumerable<string>? refused)
                && refused.Contains(HttpHeaderValues.RefusedOrigin)
                => "the server refuses cross-origin requests, and the request's Origin is not its own: remove Origin from the headers, or, "
                    + "if a proxy terminates TLS, configure forwarded headers on the server",
            403 => "the server or an intermediary forbids it: check that the user may use this address, and the rules of proxies and "
                + "firewalls on the way",
            404 => "no tunnel is mapped at this address, or an intermediary changed the request",
            405 => "the server or an intermediary does not allow this method at this address: no tunnel is mapped there, or an "
                + "intermediary allows few methods only",
            408 => "the server or an intermediary waited too long for the request: the network is slow, or an intermediary buffers the "
                + "request; retry, or use another transport",
            413 => "an intermediary (or the server) does not accept a request body of that size: raise its limit (nginx: "
                + "client_max_body_size), or use a transport with small requests (long-poll)",
            421 => "the request reached a server that does not serve this host name: check the address and the certificate's names",
            425 => "the server does not process requests of TLS early data yet: retry later",
            426 when endpoint.HttpMessageHandlerFactory is not null
                => "the request reached the tunnel, but not as an upgrade or an extended CONNECT: the handler of HttpMessageHandlerFactory "
                    + "does not support them, as those of TestServer do not, or an intermediary changed the request"
                    + (transport == WebSocketProtocol.TransportName ? ". Set WebSocketFactory" : ""),
            426 when isUpgrade => "the request reached the tunnel without a usable Upgrade header: an intermediary removed it, as reverse "
                + "proxies do until they are configured as for WebSocket, or the server does not offer this transport",
            426 => "the server does not offer this transport, or an intermediary changed the request",
            429 => "the server or an intermediary limits the rate of requests or the number of connections, and this client (or others "
                + "that share its address or user) exceeded the limit: retry later, or raise the limit for this address",
            431 => "the header fields of the request are too large for the server or an intermediary: shorten Headers, the access token or "
                + "the cookies, or raise the limit (Kestrel: MaxRequestHeadersTotalSize; nginx: large_client_header_buffers)",
            >= 200 and < 300 when isUpgrade => "an intermediary removed the Upgrade header, or the address is not a tunnel",
            >= 300 and < 400 when response.Headers.Location is { } location
                => $"the address redirects to {location}: use that address; if it is a sign-in page, the server requires credentials: set "
                    + "the endpoint's headers",
            500 => "the server or an intermediary failed: see its log",
            501 or 505 => "the server or an intermediary does not support this kind of request: use another transport",
            502 => "a proxy could not reach the server, or did not get a valid response from it: check that the server runs and that the "
                + "proxy forwards to its address",
            503 => "the server (or the proxy) has no capacity for it at the moment, or is shutting down: retry later",
            504 => "a proxy could not reach the server, or did not get a response from it in time: check that the server runs, and the "
                + "proxy's timeouts",
            _ => "the request was not handled by a tunnel",
        };

    private static (string Message, bool IsPermanent) Describe(TunnelEndpoint endpoint, Exception exception, DialObservations observed)
    {
        string server = endpoint.Address.Authority;
        string target = endpoint.Proxy is null ? server : $"the proxy {endpoint.Proxy.Authority}";
        bool isHttp = endpoint.Address.Scheme == Uri.UriSchemeHttp;
        if (FindInner<ConnectFailedException>(exception) is { } connectFailure)
        {
            return ($"no connection to {target}: {connectFailure.Message}", false);
        }

        return (exception, (exception as HttpRequestException)?.HttpRequestError ?? (exception as HttpIOException)?.HttpRequestError) switch
        {
            _ when FindInner<HttpProtocolException>(exception) is { ErrorCode: Http11Required }
                => ($"{server} does not speak HTTP/2 here: it requires HTTP/1.1", true),
            _ when FindInner<HttpProtocolException>(exception) is { } violation && !observed.HasResponse
                => ($"the response of {server} is not HTTP/2: {violation.Message.TrimEnd('.')}", true),
            _ when IsPrefaceRefused(endpoint, exception, observed)
                => ($"{server} does not speak HTTP/2 here: it ended the connection at the HTTP/2 preface "
                    + $"({InnermostMessage(exception).TrimEnd('.')})", true),

            // No token of this side was cancelled: the HTTP client reports a connection that broke during its setup as a cancellation.
            (OperationCanceledException, _)
                => ($"{target} ended the connection before it responded, as when it does not support the requested HTTP version", false),
            (_, HttpRequestError.ExtendedConnectNotSupported)
                => ("the server or its HTTP/2 front end does not offer extended CONNECT "
                    + "(SETTINGS_ENABLE_CONNECT_PROTOCOL, RFC 8441)", true),
            (_, HttpRequestError.VersionNegotiationError) when endpoint.Proxy is not null && isHttp
                => ($"{target} forwards requests for http addresses in HTTP/1.1 only: HTTP/2 through a proxy needs an https address", true),
            (_, HttpRequestError.VersionNegotiationError)
                => ($"the server at {server} does not offer HTTP/2: it chose HTTP/1.1 in the TLS handshake (ALPN)", true),
            (HttpRequestException tlsException, HttpRequestError.SecureConnectionError)
                => TlsFailure.Describe(endpoint.Address, tlsException, observed),
            (_, HttpRequestError.NameResolutionError) => ($"the name of {target} could not be resolved", false),
            (_, HttpRequestError.ConnectionError) => ($"no connection to {target}: {CauseMessage<SocketException>(exception)}", false),
            (_, HttpRequestError.InvalidResponse) when observed.IsHttp2
                => ($"the response of {server} is not HTTP/2: {InnermostMessage(exception).TrimEnd('.')}", false),
            (_, HttpRequestError.InvalidResponse) => ($"the response of {target} is not HTTP/1.1: {exception.Message}", false),
            (_, HttpRequestError.ResponseEnded) when isHttp && endpoint.Proxy is null
                => ($"{target} closed the connection without a response, as a port that expects TLS does: is the address an https one?",
                    false),
            (_, HttpRequestError.ResponseEnded) => ($"{target} closed the connection without a response", false),
            (_, HttpRequestError.ProxyTunnelError) => ($"{target} did not open a tunnel: {exception.Message}", false),
            _ => ($"the request failed: {exception.Message}", false),
        };
    }

    private static TransportException FromProxyStatus(
        string transport, TunnelEndpoint endpoint, int status, Exception exception, ProxyAuthentication proxy)
    {
        string reason = status switch
        {
            407 when endpoint.ProxyCredentials is null => $"it {DescribeChallenge(proxy)}, and none are configured: set ProxyCredentials",
            407 when proxy.HasUsedWindowsAuthentication
                => $"it {DescribeChallenge(proxy)}, and the authentication failed: it refused the configured credentials, or this machine "
                    + $"does not support the scheme. {WindowsAuthenticationHint}",
            407 when proxy.OfferedSchemes.Count == 0
                => "it requires credentials with an unsupported scheme; supported are Basic, Digest and, if the platform has them, "
                    + "Negotiate and NTLM",
            407 or 401 => $"it refused the configured credentials{(proxy.OfferedSchemes is [.., var used] ? $" ({used})" : string.Empty)}",
            403 or 405 => $"it does not allow CONNECT to {endpoint.Address.IdnHost}:{endpoint.Address.Port} (many allow only port 443)",
            408 => "it waited too long for the request: retry",
            429 => "it limits the rate of requests or the number of connections, and this client exceeded the limit: retry later",
            431 => "the header fields of the request are too large for it",
            503 => "it could not reach the server, or has no capacity at the moment: retry later",
            504 => "it could not reach the server in time",
            >= 500 => "it could not reach the server",
            _ => "it does not offer CONNECT",
        };
        return new TransportException(
            $"{transport}: the proxy {endpoint.Proxy!.Authority} responded to CONNECT with {status}: {reason.TrimEnd('.')}.", exception)
        {
            HttpStatus = status,
            IsProxyResponse = true,
            IsPermanent = IsPermanent(status),
        };
    }

    private static string DescribeChallenge(ProxyAuthentication proxy)
        => "requires credentials" + (proxy.OfferedSchemes.Count == 0 ? "" : $" ({string.Join(", ", proxy.OfferedSchemes)})");

    // A retry may succeed after these 4xx statuses and after every 5xx.
    private static bool IsPermanent(int status)
        => status < 500
            && (HttpStatusCode)status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425);

    private static string InnermostMessage(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception.Message;
    }

    // Whether the server ended the connection of an http address after the HTTP/2 preface, which alone selects HTTP/2 there, and sent none
    // itself. If it ended the connection before the HTTP client used it, there is no inner exception.
    private static bool IsPrefaceRefused(TunnelEndpoint endpoint, Exception exception, DialObservations observed)
        => observed is { IsHttp2: true, HasResponse: false, IsConnected: true, HasReceivedSettings: false }
            && endpoint.Address.Scheme == Uri.UriSchemeHttp
            && (exception is HttpRequestException { HttpRequestError: HttpRequestError.Unknown, InnerException: null }
                || FindInner<IOException>(exception) is not null
                || FindInner<ObjectDisposedException>(exception) is not null);

    private static string CauseMessage<T>(Exception exception)
        where T : Exception => FindInner<T>(exception)?.Message ?? exception.Message;

    private static T? FindInner<T>(Exception exception)
        where T : Exception
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            if (current is T found)
            {
                return found;
            }
        }

        return null;
    }
}
