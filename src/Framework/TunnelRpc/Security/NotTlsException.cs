namespace TunnelRpc.Security;

/// <summary>The peer responded to a TLS handshake with bytes that are not TLS.</summary>
/// <param name="receivedBytes">The bytes that the first read returned.</param>
internal sealed class NotTlsException(ReadOnlyMemory<byte> receivedBytes) : Exception("The response is not TLS.")
{
    public ReadOnlyMemory<byte> ReceivedBytes { get; } = receivedBytes;
}
