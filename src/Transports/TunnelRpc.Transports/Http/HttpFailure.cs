using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Transports.Http;

/// <summary>Puts what went wrong with an HTTP exchange into words for the path report.</summary>
internal static class HttpFailure
{
    // RFC 9113, 7.
    private const long Http11Required = 0xd;

    private const string WindowsAuthenticationHint = "Negotiate and NTLM need a platform that has them (on Linux: GSS-API, and for NTLM its plug-in); a proxy that offers Digest or Basic besides needs neither.";

    /// <summary>For a status that is not the wanted one.</summary>
    public static TransportException FromStatus(string transport, TunnelEndpoint endpoint, HttpResponseMessage response, string expected)
    {
        int status = (int)response.StatusCode;
        string got = $"the answer was {status} {response.ReasonPhrase} instead of {expected}";
        bool upgrading = expected.StartsWith("101", StringComparison.Ordinal);
        string why = status switch
        {
            407 => "the proxy wants credentials" + (endpoint.ProxyCredentials is null ? ", and none are configured: set ProxyCredentials" : ", and refused the configured ones"),
            401 => "the server (or the proxy) wants credentials: set the endpoint's headers",
            403 when response.Headers.TryGetValues(HttpHeaderValues.RefusalHeader, out IEnumerable<string>? refused) && refused.Contains(HttpHeaderValues.RefusedOrigin)
                => "the server lets in no foreign site, and the request's Origin is not its own: remove Origin from the headers, or, behind a proxy that ends TLS, let the server know the outer scheme and host (forwarded headers)",
            403 => "the server or something on the way forbids it",
            404 => "no tunnel is mapped at this address, or something on the way changed the request",
            426 when upgrading => "the request reached the tunnel without a usable Upgrade header: a proxy on the way removed it, as reverse proxies do until they are set up as for WebSocket, or the server does not offer this transport",
            426 => "the server does not offer this transport, or something on the way changed the request",
            >= 200 and < 300 when upgrading => "a proxy on the way removed the Upgrade header, or the address is not a tunnel",
            >= 300 and < 400 when response.Headers.Location is { } location => $"the address redirects to {location}: use that address",
            413 => "something on the way takes no request body of that size",
            502 or 504 => "a proxy on the way could not reach the server, or got no answer that it understood",
            503 => "the server (or the proxy) has no room for it at the moment, or is stopping: try again later",
            _ => "the request was not understood as a tunnel",
        };
        return new TransportException($"{transport}: {got}: {why}.") { HttpStatus = status, IsPermanent = IsPermanent(status) };
    }

    /// <summary>For an exception of the HTTP client.</summary>
    public static TransportException FromException(string transport, TunnelEndpoint endpoint, Exception exception, DialObservations observed)
    {
        if (exception is TransportException known)
        {
            return known;
        }

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError, StatusCode: { } status })
        {
            return FromProxyStatus(transport, endpoint, (int)status, exception, observed.Proxy);
        }

        if (observed.Proxy.HasUsedWindowsAuthentication && !observed.HasResponse && exception is not HttpRequestException and not IOException)
        {
            // The platform's own NTLM and Negotiate throw what they please.
            return new TransportException($"{transport}: the proxy {endpoint.Proxy!.Authority} {DescribeChallenge(observed.Proxy)}, which failed on this machine: {exception.Message} {WindowsAuthenticationHint}", exception) { HttpStatus = 407, IsPermanent = true };
        }

        (string words, bool isDefinite) = Describe(endpoint, exception, observed);
        return new TransportException($"{transport}: {words}.", exception) { IsPermanent = isDefinite };
    }

    private static (string Words, bool IsDefinite) Describe(TunnelEndpoint endpoint, Exception exception, DialObservations observed)
    {
        string target = endpoint.Proxy is null ? endpoint.Address.Authority : $"the proxy {endpoint.Proxy.Authority}";
        return (exception, (exception as HttpRequestException)?.HttpRequestError ?? (exception as HttpIOException)?.HttpRequestError) switch
        {
            _ when FindInner<HttpProtocolException>(exception) is { ErrorCode: Http11Required }
                => ($"{endpoint.Address.Authority} does not speak HTTP/2 here: it asks for HTTP/1.1", true),
            _ when FindInner<HttpProtocolException>(exception) is { } breach && !observed.HasResponse
                => ($"what {endpoint.Address.Authority} answered is not HTTP/2: {breach.Message.TrimEnd('.')}", true),
            _ when IsPrefaceRefused(endpoint, exception, observed)
                => ($"{endpoint.Address.Authority} does not speak HTTP/2 here: it ended the connection at HTTP/2's first bytes ({InnermostMessage(exception).TrimEnd('.')})", true),

            // Nobody here gave up: the client below lost the connection, and with it why.
            (OperationCanceledException, _) => ($"{target} ended the connection before it answered, as when it does not speak the version of HTTP that was asked for", false),
            (_, HttpRequestError.ExtendedConnectNotSupported)
                => ("the server, or the HTTP/2 front end before it, does not offer extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL, RFC 8441)", true),
            (_, HttpRequestError.VersionNegotiationError) when endpoint.Proxy is not null && endpoint.Address.Scheme == Uri.UriSchemeHttp
                => ($"{target} forwards requests for http addresses, in HTTP/1.1 only: HTTP/2 needs an https address there", true),
            (_, HttpRequestError.VersionNegotiationError)
                => ($"the server at {endpoint.Address.Authority} does not offer HTTP/2: it chose HTTP/1.1 in the TLS handshake (ALPN)", true),
            (HttpRequestException secure, HttpRequestError.SecureConnectionError) => TlsFailure.Describe(endpoint.Address, secure, observed),
            (_, HttpRequestError.NameResolutionError) => ($"the name of {target} could not be resolved", false),
            (_, HttpRequestError.ConnectionError) => ($"no connection to {target}: {CauseMessage<SocketException>(exception)}", false),
            (_, HttpRequestError.InvalidResponse) when observed.IsHttp2 => ($"what {endpoint.Address.Authority} answered is not HTTP/2: {InnermostMessage(exception).TrimEnd('.')}", false),
            (_, HttpRequestError.InvalidResponse) => ($"what {target} answered is not HTTP/1.1: {exception.Message}", false),
            (_, HttpRequestError.ResponseEnded) when endpoint.Address.Scheme == Uri.UriSchemeHttp && endpoint.Proxy is null
                => ($"{target} closed the connection without an answer (a port that expects TLS does so: is the address an https one?)", false),
            (_, HttpRequestError.ResponseEnded) => ($"{target} closed the connection without an answer", false),
            (_, HttpRequestError.ProxyTunnelError) => ($"{target} did not open a tunnel: {exception.Message}", false),
            _ => ($"the request failed: {exception.Message}", false),
        };
    }

    private static TransportException FromProxyStatus(string transport, TunnelEndpoint endpoint, int status, Exception exception, ProxyAuthentication proxy)
    {
        string why = status switch
        {
            407 when endpoint.ProxyCredentials is null => $"it {DescribeChallenge(proxy)}, and none are configured: set ProxyCredentials",
            407 when proxy.HasUsedWindowsAuthentication => $"it {DescribeChallenge(proxy)}, which did not succeed: it refused the configured credentials, or this machine cannot. {WindowsAuthenticationHint}",
            407 when proxy.OfferedSchemes.Count == 0 => "it wants credentials by a scheme that is not supported; Basic, Digest, and where the platform has them Negotiate and NTLM, are",
            407 or 401 => $"it refused the configured credentials{(proxy.OfferedSchemes is [.., var used] ? $" ({used})" : string.Empty)}",
            403 or 405 => $"it does not allow CONNECT to {endpoint.Address.IdnHost}:{endpoint.Address.Port} (many allow only port 443)",
            >= 500 => "it could not reach the server",
            _ => "it does not offer CONNECT",
        };
        return new TransportException($"{transport}: the proxy {endpoint.Proxy!.Authority} answered CONNECT with {status}: {why.TrimEnd('.')}.", exception)
        {
            HttpStatus = status,
            IsPermanent = IsPermanent(status),
        };
    }

    private static string DescribeChallenge(ProxyAuthentication proxy)
        => proxy.OfferedSchemes.Count == 0 ? "wants credentials" : $"wants credentials ({string.Join(", ", proxy.OfferedSchemes)})";

    // Later may be better for these, and for all of the 5xx.
    private static bool IsPermanent(int status)
        => status < 500 && (HttpStatusCode)status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425);

    private static string InnermostMessage(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception.Message;
    }

    // Of an http address, where nothing but the preface says which HTTP is meant.
    private static bool IsPrefaceRefused(TunnelEndpoint endpoint, Exception exception, DialObservations observed)
        => observed.IsHttp2 && !observed.HasResponse && observed.IsConnected && endpoint.Address.Scheme == Uri.UriSchemeHttp && FindInner<IOException>(exception) is not null;

    private static string CauseMessage<T>(Exception exception)
        where T : Exception => FindInner<T>(exception)?.Message ?? exception.Message;

    private static T? FindInner<T>(Exception exception)
        where T : Exception
    {
        for (Exception? at = exception; at is not null; at = at.InnerException)
        {
            if (at is T found)
            {
                return found;
            }
        }

        return null;
    }
}
