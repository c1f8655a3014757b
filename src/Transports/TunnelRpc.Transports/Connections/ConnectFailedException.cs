namespace TunnelRpc.Transports.Connections;

/// <summary>No TCP connection opened to any address of a name. The message says why, without a final full stop.</summary>
internal sealed class ConnectFailedException(string message, Exception? innerException = null) : Exception(message, innerException);
