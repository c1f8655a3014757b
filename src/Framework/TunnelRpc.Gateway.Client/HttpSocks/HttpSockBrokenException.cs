namespace TunnelRpc.Gateway.Client.HttpSocks;

/// <summary>The stream is broken: no request of it can succeed.</summary>
internal sealed class HttpSockBrokenException(string message, Exception? innerException = null) : IOException(message, innerException);
