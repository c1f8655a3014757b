namespace TunnelRpc.Gateway.Client.Origins;

/// <summary>The head of a response of an origin. Hop-by-hop fields are not part of it, except for the protocol of an upgrade.</summary>
internal sealed record HttpOriginResponse
{
    /// <summary>The status code, 101 or from 200 to 999. Interim responses are not passed on.</summary>
    [TunnelMember(0)]
    public required int Status { get; init; }

    /// <summary>The reason phrase; null for the standard one.</summary>
    [TunnelMember(1)]
    public string? Reason { get; init; }

    /// <summary>The fields in order.</summary>
    [TunnelMember(2)]
    public required IReadOnlyList<HttpField> Fields { get; init; }
}
