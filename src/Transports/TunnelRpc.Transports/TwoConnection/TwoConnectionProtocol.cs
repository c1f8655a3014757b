using System.Buffers.Text;
using System.Security.Cryptography;

namespace TunnelRpc.Transports.TwoConnection;

/// <summary>
/// What both halves agree on. The two legs are bound by a random key that is in no URL: the download's request carries its
/// SHA-256, the upload's the key itself, so whoever saw the first leg only cannot make the second.
/// </summary>
internal static class TwoConnectionProtocol
{
    public const string TransportName = "two-connection";

    /// <summary>The download's header: base64url of the key's SHA-256.</summary>
    public const string BindHeader = "TunnelRpc-Bind";

    /// <summary>The upload's header: base64url of the key.</summary>
    public const string KeyHeader = "TunnelRpc-Key";

    public const int KeyBytes = 32;

    /// <summary>How long the name is that the client makes up for a pair of legs: 16 random bytes in hexadecimal digits.</summary>
    public const int IdLength = 32;

    private const int PreambleBytes = 2048;

    /// <summary>
    /// What the download begins with, and what is no part of the connection's bytes: enough to get past what holds the first
    /// kilobytes back, and a mark by which the client knows that it is the server that answers.
    /// </summary>
    public static ReadOnlyMemory<byte> Preamble { get; } = CreatePreamble();

    /// <summary>The key's or the hash's 32 bytes from a header's value; null when it is anything else.</summary>
    public static byte[]? Decode(string? value)
    {
        byte[] bytes = new byte[KeyBytes];
        return value is not null && Base64Url.GetMaxDecodedLength(value.Length) == KeyBytes && Base64Url.TryDecodeFromChars(value, bytes, out int written) && written == KeyBytes
            ? bytes
            : null;
    }

    /// <summary>What <see cref="BindHeader"/> says of a key.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> key) => SHA256.HashData(key);

    /// <summary>Takes "/{id}/down" or "/{id}/up" apart; false for any other path.</summary>
    public static bool TryParse(string subPath, out string id, out bool isDown)
    {
        id = string.Empty;
        isDown = subPath.EndsWith("/down", StringComparison.Ordinal);
        int end = subPath.Length - (isDown ? "/down".Length : "/up".Length);
        if (end != IdLength + 1 || subPath[0] != '/' || (!isDown && !subPath.EndsWith("/up", StringComparison.Ordinal)))
        {
            return false;
        }

        id = subPath.Substring(1, IdLength);
        return id.All(char.IsAsciiHexDigitLower);
    }

    private static byte[] CreatePreamble()
    {
        byte[] preamble = new byte[PreambleBytes];
        "TunnelRpc two-connection 1\r\n"u8.CopyTo(preamble);
        return preamble;
    }
}
