using System.Net;
using System.Security.Cryptography;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Forwarding;

/// <summary>Makes the message to a local server from a request of the gateway. Immutable and thread-safe.</summary>
internal sealed class OriginMessageFactory
{
    private const string WebSocket = "websocket";

    private readonly string _prefix;
    private readonly string? _host;
    private readonly Version _version;
    private readonly HttpVersionPolicy _policy;
    private readonly Dictionary<string, string> _headers;

    public OriginMessageFactory(Uri address, HttpOriginOptions options)
    {
        _prefix = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
        _host = options.UseAddressAsHost ? address.Authority : options.Host;
        (_version, _policy) = options.HttpVersion is { } version ? (version, HttpVersionPolicy.RequestVersionExact)
            : address.Scheme == Uri.UriSchemeHttps ? (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower)
            : (HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);
        _headers = new Dictionary<string, string>(options.RequestHeaders, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Whether requests are certainly sent over HTTP/1.1, so that their bodies are uploads. Over https without a stated version, that is
    /// known when the connection exists. Upgrades always use HTTP/1.1.
    /// </summary>
    public bool IsHttp11 => _version == HttpVersion.Version11;

    /// <summary>Creates the message. The caller disposes it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="content">The content of a request over HTTP/2; null when it has none, and over HTTP/1.1.</param>
    /// <param name="contentFields">
    /// The fields about content, such as Content-Type, of a request over HTTP/1.1, each line with its end: they are not in the message.
    /// </param>
    /// <exception cref="TunnelException">InvalidArgument: the request cannot be sent as HTTP.</exception>
    public HttpRequestMessage Create(HttpOriginRequest request, OriginRequestContent? content, out string contentFields)
    {
        bool isConnect = request.Protocol is not null && request.Method == "CONNECT";
        string method = isConnect ? "GET" : request.Method;
        if (!HttpFieldRules.IsToken(method) || method == "CONNECT" || !HttpFieldRules.IsTarget(request.Target) || request.Target == "*")
        {
            throw Invalid("a method other than CONNECT and a path");
        }

        var message = new HttpRequestMessage(
            new HttpMethod(method),
            new Uri(_prefix + request.Target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Content = content,
            Version = request.Protocol is null ? _version : HttpVersion.Version11,
            VersionPolicy = request.Protocol is null ? _policy : HttpVersionPolicy.RequestVersionExact,
        };
        string? lines = message.Version == HttpVersion.Version11 ? "" : null;
        foreach (HttpField field in request.Fields)
        {
            if (!_headers.ContainsKey(field.Name))
            {
                AddField(message, field, ref lines);
            }
        }

        foreach ((string name, string value) in _headers)
        {
            AddField(message, new HttpField(name, value), ref lines);
        }

        contentFields = lines ?? "";

        if (_host is not null)
        {
            message.Headers.Host = _host;
        }

        if (request.Protocol is { } protocol)
        {
            AddUpgrade(message, protocol, isConnect);
        }

        return message;
    }

    private static void AddField(HttpRequestMessage message, HttpField field, ref string? contentFields)
    {
        (string name, string value) = field;
        if (!HttpFieldRules.IsToken(name) || !HttpFieldRules.IsValue(value))
        {
            throw Invalid("fields with a token as name and no control characters (RFC 9110, 5)");
        }

        // Content has the length already. The gateway removes hop-by-hop fields; they are not taken from it on trust, since they decide
        // where a message ends.
        if (string.Equals(name, "Content-Length", StringComparison.OrdinalIgnoreCase)
            || string.Equals(name, "Expect", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        if (string.Equals(name, "Host", StringComparison.OrdinalIgnoreCase) && value.Length == 0)
        {
            // A client of HTTP/1.0 sends none. Then it is that of the address.
            return;
        }

        if (HttpFieldRules.IsHopByHop(name))
        {
            if (string.Equals(name, "TE", StringComparison.OrdinalIgnoreCase)
                && string.Equals(value, "trailers", StringComparison.OrdinalIgnoreCase))
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }

            return;
        }

        if (!message.Headers.TryAddWithoutValidation(name, value))
        {
            // A field about content, such as Content-Type, also without content.
            if (contentFields is not null)
            {
                contentFields += $"{name}: {value}\r\n";
                return;
            }

            message.Content ??= new ByteArrayContent([]);
            message.Content.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private static void AddUpgrade(HttpRequestMessage message, string protocol, bool isConnect)
    {
        if (!HttpFieldRules.IsValue(protocol) || protocol.Length == 0)
        {
            throw Invalid("the name of a protocol to upgrade to");
        }

        message.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        message.Headers.TryAddWithoutValidation("Upgrade", protocol);
        if (isConnect && protocol == WebSocket && !message.Headers.Contains("Sec-WebSocket-Key"))
        {
            // RFC 8441, 5: an extended CONNECT has no key. The origin needs one.
            message.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
        }
    }

    private static TunnelException Invalid(string expected) =>
        new(TunnelStatus.InvalidArgument, $"Expected a request with {expected}, got another. The origin was not asked.");
}
