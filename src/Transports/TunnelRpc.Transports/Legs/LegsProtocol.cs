using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Transports.Legs;

/// <summary>What both halves agree on: names, headers, limits. The whole of it is in docs/legs.md.</summary>
internal static class LegsProtocol
{
    /// <summary>The first exchange's header: "1", how the client sends, how it receives.</summary>
    public const string CarrierHeader = "TunnelRpc-Carrier";

    /// <summary>The first exchange's other header: base64url of the key. Never sent again.</summary>
    public const string KeyHeader = "TunnelRpc-Key";

    /// <summary>Every exchange's header: base64url of the proof.</summary>
    public const string ProofHeader = "TunnelRpc-Proof";

    /// <summary>An answer's header: how many bytes the server has received.</summary>
    public const string ReceivedHeader = "TunnelRpc-Received";

    public const int KeyBytes = 32;

    /// <summary>How long the name is that the client makes up for a carrier: 16 random bytes in hexadecimal digits.</summary>
    public const int IdLength = 32;

    /// <summary>The largest block up.</summary>
    public const int MaxBlockBytes = 128 * 1024;

    /// <summary>The most that one poll's answer carries.</summary>
    public const int MaxPollBytes = 256 * 1024;

    /// <summary>
    /// What is sent and not known to be consumed; a side takes as much without anything being read, so that the reports behind
    /// data are never held up by it.
    /// </summary>
    public const int RetainedBytes = 1024 * 1024;

    /// <summary>What waits to be taken by a leg: enough to fill a block, and no more.</summary>
    public const int UnsentBytes = MaxBlockBytes;

    /// <summary>What is received and not read.</summary>
    public const int UnreadBytes = RetainedBytes;

    /// <summary>From here on a side tells what it has consumed although it has nothing else to say.</summary>
    public const int ReportBytes = 64 * 1024;

    private const int PreambleBytes = 2048;

    /// <summary>
    /// What a streamed download begins with, and what is no record: enough to get past what holds the first kilobytes back, and a
    /// mark by which the client knows that it is the server that answers.
    /// </summary>
    public static ReadOnlyMemory<byte> Preamble { get; } = CreatePreamble();

    /// <summary>The transport's name for a choice of legs.</summary>
    public static string NameOf(LegKind up, LegKind down) => (up, down) switch
    {
        (LegKind.Stream, LegKind.Stream) => "two-connection",
        (LegKind.Block, LegKind.Stream) => "n-plus-one",
        (LegKind.Block, _) => "long-poll",
        _ => "stream-poll",
    };

    /// <summary>The value of <see cref="CarrierHeader"/> for a choice of legs.</summary>
    public static string CarrierValue(LegKind up, LegKind down)
        => $"1 {(up == LegKind.Stream ? "stream" : "blocks")} {(down == LegKind.Stream ? "stream" : "poll")}";

    /// <summary>The reverse of <see cref="CarrierValue"/>.</summary>
    public static bool TryParseCarrier(string? value, out LegKind up, out LegKind down)
    {
        (up, down) = value switch
        {
            "1 stream stream" => (LegKind.Stream, LegKind.Stream),
            "1 stream poll" => (LegKind.Stream, LegKind.Poll),
            "1 blocks stream" => (LegKind.Block, LegKind.Stream),
            _ => (LegKind.Block, LegKind.Poll),
        };
        return value == CarrierValue(up, down);
    }

    /// <summary>32 bytes from a header's value; null when it is anything else.</summary>
    public static byte[]? Decode(string? value)
    {
        byte[] bytes = new byte[KeyBytes];
        return value is not null && Base64Url.GetMaxDecodedLength(value.Length) == KeyBytes && Base64Url.TryDecodeFromChars(value, bytes, out int written) && written == KeyBytes
            ? bytes
            : null;
    }

    /// <summary>Whoever has the key made this exchange: HMAC-SHA-256 over its method, carrier, leg and header.</summary>
    public static byte[] Prove(ReadOnlySpan<byte> key, string method, string id, bool isDown, string legHeader)
        => HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{method} {id} {(isDown ? "down" : "up")} {legHeader}"));

    /// <summary>Takes "/{id}/down" or "/{id}/up" apart; false for any other path.</summary>
    public static bool TryParsePath(string subPath, out string id, out bool isDown)
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
        "TunnelRpc legs 1\r\n"u8.CopyTo(preamble);
        return preamble;
    }
}
