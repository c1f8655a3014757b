using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace TunnelRpc.Transports.Http;

/// <summary>Puts what went wrong with an HTTP exchange into words for the path report.</summary>
internal static class HttpFailure
{
    /// <summary>For a status that is not the wanted one.</summary>
    public static TransportException FromStatus(string transport, TunnelEndpoint endpoint, HttpResponseMessage response, string wanted)
    {
        int status = (int)response.StatusCode;
        string got = $"the answer was {status} {response.ReasonPhrase} instead of {wanted}";
        string why = status switch
        {
            407 => "the proxy wants credentials" + (endpoint.ProxyCredentials is null ? ", and none are configured: set ProxyCredentials" : ", and refused the configured ones"),
            401 => "the server (or the proxy) wants credentials: set the endpoint's headers",
            403 => "the server or something on the way forbids it",
            404 => "no tunnel is mapped at this address, or something on the way changed the request",
            426 => "the request reached the tunnel without a usable Upgrade header: a proxy on the way removed it, as reverse proxies do until they are set up as for WebSocket, or the server does not offer this transport",
            >= 200 and < 300 when wanted.StartsWith("101", StringComparison.Ordinal) => "a proxy on the way removed the Upgrade header, or the address is not a tunnel",
            >= 300 and < 400 when response.Headers.Location is { } location => $"the address redirects to {location}: use that address",
            503 => "the server (or the proxy) has no room for it at the moment, or is stopping: try again later",
            _ => "the request was not understood as a tunnel",
        };
        return new TransportException($"{transport}: {got}: {why}.") { HttpStatus = status, IsDefinite = IsDefinite(status) };
    }

    /// <summary>For an exception of the HTTP client.</summary>
    public static TransportException FromException(string transport, TunnelEndpoint endpoint, Exception exception)
    {
        if (exception is TransportException known)
        {
            return known;
        }

        string target = endpoint.Proxy is null ? $"{endpoint.Address.Authority}" : $"the proxy {endpoint.Proxy.Authority}";
        if (exception is OperationCanceledException)
        {
            // Nobody here gave up: the client below lost the connection, and with it why.
            return new TransportException($"{transport}: {target} ended the connection before it answered, as when it does not speak the version of HTTP that was asked for.", exception);
        }

        if (exception is not HttpRequestException request)
        {
            return new TransportException($"{transport}: the request failed: {exception.Message}", exception);
        }

        if (request is { HttpRequestError: HttpRequestError.ProxyTunnelError, StatusCode: { } status })
        {
            return FromProxyStatus(transport, endpoint, (int)status, exception);
        }

        string message = request.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"the name of {target} could not be resolved",
            HttpRequestError.ConnectionError => $"no connection to {target}: {Cause<SocketException>(request)}",
            HttpRequestError.SecureConnectionError => $"TLS with {endpoint.Address.Authority} failed: {Cause<AuthenticationException>(request)}",
            HttpRequestError.InvalidResponse => $"what {target} answered is not HTTP/1.1: {request.Message}",
            HttpRequestError.ResponseEnded => $"{target} closed the connection without an answer",
            HttpRequestError.ProxyTunnelError => $"{target} did not open a tunnel: {request.Message}",
            _ => $"the request failed: {request.Message}",
        };
        return new TransportException($"{transport}: {message}.", exception);
    }

    private static TransportException FromProxyStatus(string transport, TunnelEndpoint endpoint, int status, Exception exception)
    {
        string why = status switch
        {
            407 when endpoint.ProxyCredentials is null => "it wants credentials, and none are configured: set ProxyCredentials",
            407 or 401 => "it refused the configured credentials",
            403 or 405 => $"it does not allow CONNECT to {endpoint.Address.IdnHost}:{endpoint.Address.Port} (many allow only port 443)",
            >= 500 => "it could not reach the server",
            _ => "it does not offer CONNECT",
        };
        return new TransportException($"{transport}: the proxy {endpoint.Proxy!.Authority} answered CONNECT with {status}: {why}.", exception)
        {
            HttpStatus = status,
            IsDefinite = IsDefinite(status),
        };
    }

    // Later may be better for these, and for all of the 5xx.
    private static bool IsDefinite(int status)
        => status < 500 && (HttpStatusCode)status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425);

    private static string Cause<T>(HttpRequestException exception)
        where T : Exception
    {
        for (Exception? inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is T)
            {
                return inner.Message;
            }
        }

        return exception.Message;
    }
}
