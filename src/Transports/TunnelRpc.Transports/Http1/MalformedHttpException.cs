namespace TunnelRpc.Transports.Http1;

/// <summary>Received bytes are not the expected HTTP/1.1 (RFC 9112). The message has the expected and the received element.</summary>
internal sealed class MalformedHttpException(string message) : Exception(message);
