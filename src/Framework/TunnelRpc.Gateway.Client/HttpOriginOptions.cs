namespace TunnelRpc.Gateway.Client;

/// <summary>
/// How a client forwards the requests for one name to a local HTTP server. Read when the origin is added. Not thread-safe.
/// </summary>
public sealed class HttpOriginOptions
{
    /// <summary>
    /// The Host field of the forwarded requests, for servers that accept only their own name. Default null: as the client of the gateway
    /// has sent it. <see cref="UseAddressAsHost"/> sets it to the origin's address.
    /// </summary>
    public string? Host { get; set; }

    /// <summary>Whether <see cref="Host"/> is the host and port of the origin's address. Default false.</summary>
    public bool UseAddressAsHost { get; set; }

    /// <summary>
    /// Fields that are set in each forwarded request, in place of those that the client of the gateway has sent. Default: none.
    /// </summary>
    public IDictionary<string, string> RequestHeaders { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The HTTP version of the origin: 1.1 or 2.0. Default null: over https the version that TLS negotiates, over http 1.1. With 2.0 and
    /// http, the origin must understand HTTP/2 without TLS (prior knowledge), as a gRPC server does. An upgrade always uses 1.1. Set 1.1
    /// for an https server without HTTP/2: with null, its response is read only after the whole body of the request was sent.
    /// </summary>
    public Version? HttpVersion { get; set; }

    /// <summary>
    /// The time to connect to the origin. After it the request gets the status 503. More than zero. Default 15 s.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The size of the head of a response, in bytes. A larger one is answered with the status 502. From 1 KiB to 1 MiB, in steps of 1 KiB.
    /// Default 64 KiB.
    /// </summary>
    public int MaxResponseHeadBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Changes the handler that connects to the origin, for instance its SslOptions or ConnectCallback. Redirects, cookies, proxies and
    /// decompression are off, and must stay so for responses to reach the client of the gateway unchanged. Default null.
    /// </summary>
    public Action<System.Net.Http.SocketsHttpHandler>? ConfigureHandler { get; set; }

    /// <summary>
    /// Is called for each request when the head of the response has arrived, and again when the exchange has ended; only at the end when
    /// there is no response. It runs on the thread of the exchange, so it must be fast and thread-safe; an exception is logged. Default
    /// null.
    /// </summary>
    public Action<HttpOriginExchange>? OnExchange { get; set; }

    internal void Validate()
    {
        if (HttpVersion is { } version && version != System.Net.HttpVersion.Version11 && version != System.Net.HttpVersion.Version20)
        {
            throw new ArgumentException($"Expected the HTTP version 1.1 or 2.0, got {version}. Set {nameof(HttpVersion)}.");
        }

        if (ConnectTimeout <= TimeSpan.Zero)
        {
            throw new ArgumentException($"Expected a timeout of more than zero, got {ConnectTimeout}. Set {nameof(ConnectTimeout)}.");
        }

        if (MaxResponseHeadBytes is < 1024 or > 1024 * 1024 || MaxResponseHeadBytes % 1024 != 0)
        {
            throw new ArgumentException(
                $"Expected a size of 1 KiB to 1 MiB in steps of 1 KiB, got {MaxResponseHeadBytes} bytes. "
                + $"Set {nameof(MaxResponseHeadBytes)}.");
        }

        foreach ((string name, string value) in RequestHeaders)
        {
            if (!Origins.HttpFieldRules.IsToken(name) || !Origins.HttpFieldRules.IsValue(value) || Origins.HttpFieldRules.IsHopByHop(name))
            {
                throw new ArgumentException(
                    $"Expected the name and the value of an end-to-end field (RFC 9110, 5), got \"{name}\". "
                    + $"Correct {nameof(RequestHeaders)}.");
            }
        }
    }
}
