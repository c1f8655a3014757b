using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Transports.Legs;

/// <summary>What both halves agree on: names, headers, limits. The whole of it is in docs/legs.md.</summary>
internal static class LegProtocol
{
    /// <summary>The first exchange's header: "1", how the client sends, how it receives.</summary>
    public const string LegConnectionHeader = "TunnelRpc-Carrier";

    /// <summary>The first exchange's other header: base64url of the key. Never sent again.</summary>
    public const string KeyHeader = "TunnelRpc-Key";

    /// <summary>Every exchange's header: base64url of the proof.</summary>
    public const string ProofHeader = "TunnelRpc-Proof";

    /// <summary>An answer's header: how many bytes the server has received.</summary>
    public const string ReceivedHeader = "TunnelRpc-Received";

    public const int KeyBytes = 32;

    /// <summary>How long the name is that the client makes up for a carrier: 16 random bytes in hexadecimal digits.</summary>
    public const int ConnectionIdLength = 32;

    /// <summary>The largest block up.</summary>
    public const int MaxBlockBytes = 128 * 1024;

    /// <summary>The most that one poll's answer carries.</summary>
    public const int MaxPollBytes = 256 * 1024;

    /// <summary>
    /// What is sent and not known to be consumed; a side takes as much without anything being read, so that the reports behind
    /// data are never held up by it.
    /// </summary>
    public const int MaxUnacknowledgedBytes = 1024 * 1024;

    /// <summary>What waits to be taken by a leg: enough to fill a block, and no more.</summary>
    public const int MaxUnsentBytes = MaxBlockBytes;

    /// <summary>What is received and not read.</summary>
    public const int MaxUnreadBytes = MaxUnacknowledgedBytes;

    /// <summary>From here on a side tells what it has consumed although it has nothing else to say.</summary>
    public const int ConsumedReportThresholdBytes = 64 * 1024;

    private const int PreambleBytes = 2048;

    /// <summary>
    /// What a streamed download begins with, and what is no record: enough to get past what holds the first kilobytes back, and a
    /// mark by which the client knows that it is the server that answers.
    /// </summary>
    public static ReadOnlyMemory<byte> Preamble { get; } = CreatePreamble();

    /// <summary>The transport's name for a choice of legs.</summary>
    public static string GetTransportName(LegExchangeKind upload, LegExchangeKind download) => (upload, download) switch
    {
        (LegExchangeKind.Stream, LegExchangeKind.Stream) => "two-connection",
        (LegExchangeKind.Block, LegExchangeKind.Stream) => "n-plus-one",
        (LegExchangeKind.Block, _) => "long-poll",
        _ => "stream-poll",
    };

    /// <summary>The value of <see cref="LegConnectionHeader"/> for a choice of legs.</summary>
    public static string FormatLegConnectionHeader(LegExchangeKind upload, LegExchangeKind download)
        => $"1 {(upload == LegExchangeKind.Stream ? "stream" : "blocks")} {(download == LegExchangeKind.Stream ? "stream" : "poll")}";

    /// <summary>The reverse of <see cref="FormatLegConnectionHeader"/>.</summary>
    public static bool TryParseLegConnectionHeader(string? value, out LegExchangeKind upload, out LegExchangeKind download)
    {
        (upload, download) = value switch
        {
            "1 stream stream" => (LegExchangeKind.Stream, LegExchangeKind.Stream),
            "1 stream poll" => (LegExchangeKind.Stream, LegExchangeKind.Poll),
            "1 blocks stream" => (LegExchangeKind.Block, LegExchangeKind.Stream),
            _ => (LegExchangeKind.Block, LegExchangeKind.Poll),
        };
        return value == FormatLegConnectionHeader(upload, download);
    }

    /// <summary>32 bytes from a header's value; null when it is anything else.</summary>
    public static byte[]? DecodeKeyOrProof(string? value)
    {
        byte[] bytes = new byte[KeyBytes];
        return value is not null && Base64Url.GetMaxDecodedLength(value.Length) == KeyBytes && Base64Url.TryDecodeFromChars(value, bytes, out int written) && written == KeyBytes
            ? bytes
            : null;
    }

    /// <summary>Whoever has the key made this exchange: HMAC-SHA-256 over its method, carrier, leg and header.</summary>
    public static byte[] ComputeProof(ReadOnlySpan<byte> key, string method, string id, bool isDownload, string legHeader)
        => HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{method} {id} {(isDownload ? "down" : "up")} {legHeader}"));

    /// <summary>Takes "/{id}/down" or "/{id}/up" apart; false for any other path.</summary>
    public static bool TryParsePath(string subPath, out string id, out bool isDownload)
    {
        id = string.Empty;
        isDownload = subPath.EndsWith("/down", StringComparison.Ordinal);
        int end = subPath.Length - (isDownload ? "/down".Length : "/up".Length);
        if (end != ConnectionIdLength + 1 || subPath[0] != '/' || (!isDownload && !subPath.EndsWith("/up", StringComparison.Ordinal)))
        {
            return false;
        }

        id = subPath.Substring(1, ConnectionIdLength);
        return id.All(char.IsAsciiHexDigitLower);
    }

    private static byte[] CreatePreamble()
    {
        byte[] preamble = new byte[PreambleBytes];
        "TunnelRpc legs 1\r\n"u8.CopyTo(preamble);
        return preamble;
    }
}
