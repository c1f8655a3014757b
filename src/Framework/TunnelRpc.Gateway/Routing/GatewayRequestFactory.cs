using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Routing;

/// <summary>Makes the request for an origin from that of a client. Stateless.</summary>
internal static class GatewayRequestFactory
{
    private const string Via = "tunnelrpc";

    // What the gateway itself sets. Values of clients are not trusted: behind a proxy, UseForwardedHeaders has applied them.
    private static readonly string[] Replaced =
        ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Host", "Content-Length", "Expect"];

    /// <summary>The protocol of an upgrade or of an extended CONNECT; null for an ordinary request.</summary>
    public static string? FindProtocol(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: { } protocol })
        {
            return protocol;
        }

        // RFC 9110, 7.8: the Upgrade field of an HTTP/1.0 request is ignored. An upgrade to HTTP/2 would carry requests past the checks of
        // this gateway, so it is ignored as well.
        string? upgrade = context.Request.Headers.Upgrade;
        return HttpProtocol.IsHttp11(context.Request.Protocol)
            && !string.IsNullOrEmpty(upgrade)
            && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && !upgrade.Split(',').Any(token => token.Trim().Equals("h2c", StringComparison.OrdinalIgnoreCase))
            ? upgrade
            : null;
    }

    /// <summary>Creates the request.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="name">The name.</param>
    /// <param name="target">The target for the origin.</param>
    /// <param name="prefix">The part of the path that is not in the target, escaped; empty for none.</param>
    /// <param name="protocol">The protocol of an upgrade; null for none.</param>
    /// <param name="body">The body; null for none.</param>
    public static GatewayRequest Create(
        HttpContext context, string name, string target, string prefix, string? protocol, GatewayRequestBody? body)
    {
        HttpRequest request = context.Request;
        string version = FindVersion(request.Protocol);
        IPEndPoint? remote = FindRemote(context.Connection);
        return new GatewayRequest
        {
            Name = name,
            Method = request.Method,
            Target = target,
            Scheme = request.Scheme,
            Version = version,
            Fields = GetFields(request, version, remote, prefix),
            Body = body,
            ContentLength = request.ContentLength,
            Protocol = protocol,
            RemoteEndPoint = remote,
            Trailers = body is null ? null : () => GetTrailers(request),
        };
    }

    /// <summary>Whether the gateway sets a field itself, in place of what a client has sent.</summary>
    public static bool IsReplaced(string field)
        => Array.Exists(Replaced, replaced => replaced.Equals(field, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds the fields about the forwarding.</summary>
    /// <param name="fields">The fields of the request.</param>
    /// <param name="scheme">The scheme by which the client has reached the gateway.</param>
    /// <param name="host">The host and port by which it has reached the gateway; empty to leave them out.</param>
    /// <param name="version">The version of its message.</param>
    /// <param name="remote">Its address; null when it is unknown.</param>
    /// <param name="prefix">The part of the path that is not forwarded, escaped; empty for none.</param>
    public static void AddForwarding(
        List<HttpField> fields, string scheme, string host, string version, IPEndPoint? remote, string prefix)
    {
        fields.Add(new HttpField("Via", $"{version} {Via}"));
        string? address = remote?.Address.ToString();
        if (address is not null)
        {
            fields.Add(new HttpField("X-Forwarded-For", address));
        }

        if (host.Length > 0)
        {
            fields.Add(new HttpField("X-Forwarded-Host", host));
        }

        fields.Add(new HttpField("X-Forwarded-Proto", scheme));
        if (prefix.Length > 0)
        {
            fields.Add(new HttpField("X-Forwarded-Prefix", prefix));
        }

        // RFC 7239, 4 and 6: an IPv6 address is in brackets and quotes. A host of Kestrel has no quote and no backslash.
        string node = address is null ? "unknown" : address.Contains(':') ? $"\"[{address}]\"" : address;
        string hostPair = host.Length == 0 ? "" : $"host=\"{host}\";";
        fields.Add(new HttpField("Forwarded", $"for={node};{hostPair}proto={scheme}"));
    }

    /// <summary>The address of a client; null when it is unknown.</summary>
    public static IPEndPoint? FindRemote(ConnectionInfo connection) => connection.RemoteIpAddress is { } address
        ? new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, connection.RemotePort)
        : null;

    private static List<HttpField> GetFields(HttpRequest request, string version, IPEndPoint? remote, string prefix)
    {
        string host = request.Host.Value ?? "";
        var fields = new List<HttpField>(request.Headers.Count + 8) { new("Host", host) };
        StringValues connection = request.Headers.Connection;
        foreach ((string field, StringValues values) in request.Headers)
        {
            // Fields of HTTP/2 that start with a colon are no fields of messages.
            if (field.StartsWith(':')
                || IsReplaced(field)
                || HttpFieldRules.IsHopByHop(field)
                || HttpFieldRules.IsNamedBy(connection, field))
            {
                continue;
            }

            foreach (string? value in values)
            {
                fields.Add(new HttpField(field, value ?? ""));
            }
        }

        // RFC 9110, 10.1.4: this gateway passes trailers on, so it may say so.
        if (HttpFieldRules.IsNamedBy(request.Headers.TE, "trailers"))
        {
            fields.Add(new HttpField("TE", "trailers"));
        }

        AddForwarding(fields, request.Scheme, host, version, remote, prefix);
        return fields;
    }

    private static List<HttpField>? GetTrailers(HttpRequest request)
    {
        if (!request.SupportsTrailers() || !request.CheckTrailersAvailable())
        {
            return null;
        }

        List<HttpField>? trailers = null;
        IHttpRequestTrailersFeature feature = request.HttpContext.Features.GetRequiredFeature<IHttpRequestTrailersFeature>();
        foreach ((string field, StringValues values) in feature.Trailers)
        {
            foreach (string? value in values)
            {
                if (!HttpFieldRules.IsHopByHop(field) && !field.StartsWith(':'))
                {
                    (trailers ??= []).Add(new HttpField(field, value ?? ""));
                }
            }
        }

        return trailers;
    }

    private static string FindVersion(string protocol) =>
        HttpProtocol.IsHttp11(protocol) ? "1.1"
        : HttpProtocol.IsHttp2(protocol) ? "2"
        : HttpProtocol.IsHttp3(protocol) ? "3"
        : "1.0";
}
