namespace TunnelRpc.Transports;

/// <summary>The WebSocket that the transport "websocket" asks a <see cref="TunnelEndpoint.WebSocketFactory"/> for. Immutable.</summary>
/// <param name="Address">The URL, with the scheme ws or wss.</param>
/// <param name="Subprotocol">The subprotocol, which the factory must offer and the server selects.</param>
/// <param name="Headers">The headers of the request, for instance Authorization.</param>
public sealed record TunnelWebSocketRequest(Uri Address, string Subprotocol, IReadOnlyList<KeyValuePair<string, string>> Headers);
