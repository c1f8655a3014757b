namespace TunnelRpc.Gateway;

/// <summary>A claimed name. Immutable.</summary>
/// <param name="Name">The name.</param>
/// <param name="Owner">How the owner proves itself: "user", "session" (anonymous) or "token".</param>
/// <param name="Origins">The origins that answer its requests; empty while none is connected.</param>
/// <param name="Requests">The requests in progress.</param>
public sealed record GatewayNameStatus(string Name, string Owner, IReadOnlyList<GatewayOriginStatus> Origins, int Requests);

/// <summary>An origin of a name. Immutable.</summary>
/// <param name="Dialect">How it is connected: "tunnel", "ptth", "comet", "relay" or "raw".</param>
/// <param name="RemoteEndPoint">Its address; null when it is unknown.</param>
/// <param name="Requests">The requests that it works on.</param>
public sealed record GatewayOriginStatus(string Dialect, string? RemoteEndPoint, int Requests);
