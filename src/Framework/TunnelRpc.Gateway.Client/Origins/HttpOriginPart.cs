namespace TunnelRpc.Gateway.Client.Origins;

/// <summary>A part of a request's body or of a response. Exactly one member is not null.</summary>
internal sealed record HttpOriginPart
{
    /// <summary>The head of a response.</summary>
    [TunnelMember(0)]
    public HttpOriginResponse? Head { get; init; }

    /// <summary>A piece of the body, at most 32 KiB.</summary>
    [TunnelMember(1)]
    public ReadOnlyMemory<byte>? Data { get; init; }

    /// <summary>The trailers (RFC 9110, 6.5).</summary>
    [TunnelMember(2)]
    public IReadOnlyList<HttpField>? Trailers { get; init; }
}
