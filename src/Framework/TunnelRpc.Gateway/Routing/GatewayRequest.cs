using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Routing;

/// <summary>
/// A request for an origin, as it is forwarded: hop-by-hop fields are removed, and the fields about the forwarding are added. Used by one
/// request.
/// </summary>
internal sealed class GatewayRequest
{
    /// <summary>The claimed name.</summary>
    public required string Name { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The request target in origin form, or "*".</summary>
    public required string Target { get; init; }

    /// <summary>"http" or "https".</summary>
    public required string Scheme { get; init; }

    /// <summary>The version of the client's request: "1.0", "1.1", "2" or "3".</summary>
    public required string Version { get; init; }

    /// <summary>The fields, with "Host" first. Content-Length is not among them: see <see cref="ContentLength"/>.</summary>
    public required IReadOnlyList<HttpField> Fields { get; init; }

    /// <summary>The body; null for none. Not disposed by the origin.</summary>
    public Stream? Body { get; init; }

    /// <summary>
    /// The length of the body in bytes, as the client has announced it. Null when it is unknown, and without an announcement; 0 without a
    /// body.
    /// </summary>
    public long? ContentLength { get; init; }

    /// <summary>The protocol of an upgrade or an extended CONNECT; null for an ordinary request.</summary>
    public string? Protocol { get; init; }

    /// <summary>The client's address; null when it is unknown.</summary>
    public System.Net.IPEndPoint? RemoteEndPoint { get; init; }

    /// <summary>Returns the trailers of the request after its body has ended; null when there are none.</summary>
    public Func<IReadOnlyList<HttpField>?>? Trailers { get; init; }
}
