namespace TunnelRpc.Security;

/// <summary>A TLS handshake was answered by something that is not TLS.</summary>
/// <param name="receivedBytes">What came, as far as it was read.</param>
internal sealed class NotTlsException(ReadOnlyMemory<byte> receivedBytes) : Exception("The answer is not TLS.")
{
    public ReadOnlyMemory<byte> ReceivedBytes { get; } = receivedBytes;
}
