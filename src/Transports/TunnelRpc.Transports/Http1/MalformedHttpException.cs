namespace TunnelRpc.Transports.Http1;

/// <summary>Bytes are not the HTTP/1.1 (RFC 9112) that was expected. The message names what was expected and what came.</summary>
internal sealed class MalformedHttpException(string message) : Exception(message);
