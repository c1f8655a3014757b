namespace TunnelRpc.Security;

/// <summary>A TLS handshake was answered by something that is not TLS.</summary>
/// <param name="answer">What came, as far as it was read.</param>
internal sealed class PlainAnswerException(ReadOnlyMemory<byte> answer) : Exception("The answer is not TLS.")
{
    public ReadOnlyMemory<byte> Answer { get; } = answer;
}
