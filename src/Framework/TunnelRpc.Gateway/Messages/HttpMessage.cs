using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Messages;

/// <summary>A complete HTTP/1.x message. Immutable.</summary>
/// <param name="Head">The head. Of interim responses and their final response, the final one's.</param>
/// <param name="Framing">How the body was framed.</param>
/// <param name="Body">The body, without the framing of chunks.</param>
internal sealed record HttpMessage(Http1Head Head, BodyFraming Framing, ReadOnlyMemory<byte> Body);
