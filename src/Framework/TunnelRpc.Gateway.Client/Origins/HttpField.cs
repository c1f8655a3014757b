namespace TunnelRpc.Gateway.Client.Origins;

/// <summary>One field line of a head or of trailers (RFC 9110, 5).</summary>
/// <param name="Name">The name as it was sent.</param>
/// <param name="Value">The value without surrounding white space.</param>
internal readonly record struct HttpField([property: TunnelMember(0)] string Name, [property: TunnelMember(1)] string Value);
