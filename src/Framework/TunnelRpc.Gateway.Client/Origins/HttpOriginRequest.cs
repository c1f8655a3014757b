namespace TunnelRpc.Gateway.Client.Origins;

/// <summary>The head of a request to an origin. Hop-by-hop fields are not part of it.</summary>
internal sealed record HttpOriginRequest
{
    /// <summary>The claimed name.</summary>
    [TunnelMember(0)]
    public required string Name { get; init; }

    /// <summary>The method, for instance "GET".</summary>
    [TunnelMember(1)]
    public required string Method { get; init; }

    /// <summary>The request target in origin form (RFC 9112, 3.2.1) or "*": the escaped path and query, byte for byte.</summary>
    [TunnelMember(2)]
    public required string Target { get; init; }

    /// <summary>"http" or "https": how the gateway was reached.</summary>
    [TunnelMember(3)]
    public required string Scheme { get; init; }

    /// <summary>The version that the gateway was asked with: "1.0", "1.1", "2" or "3".</summary>
    [TunnelMember(4)]
    public required string Version { get; init; }

    /// <summary>The fields in order, the host as "Host" first. A field that repeats is an element for each line.</summary>
    [TunnelMember(5)]
    public required IReadOnlyList<HttpField> Fields { get; init; }

    /// <summary>Whether a body follows. False for most GET requests.</summary>
    [TunnelMember(6)]
    public bool HasBody { get; init; }

    /// <summary>
    /// The protocol of an upgrade: the Upgrade field's value (RFC 9110, 7.8), or the ":protocol" of an extended CONNECT (RFC 8441). Null
    /// for an ordinary request.
    /// </summary>
    [TunnelMember(7)]
    public string? Protocol { get; init; }

    /// <summary>
    /// The address of the client that asked the gateway, "192.0.2.1:1234" or "[2001:db8::1]:1234". Null when it is unknown.
    /// </summary>
    [TunnelMember(8)]
    public string? RemoteEndPoint { get; init; }
}
