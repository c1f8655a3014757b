using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Transports.Legs;

// Decision: docs/adr/0015-one-connection-of-two-legs.md
/// <summary>Names, headers and limits that both sides share. Specified in docs/legs.md. Stateless.</summary>
internal static class LegProtocol
{
    /// <summary>The header of the first exchange: the version 1, the kind of the upload leg, the kind of the download leg.</summary>
    public const string LegConnectionHeader = "TunnelRpc-Connection";

    /// <summary>The other header of the first exchange: the key in base64url. The client sends it only once.</summary>
    public const string KeyHeader = "TunnelRpc-Key";

    /// <summary>The header of every exchange with its proof in base64url.</summary>
    public const string ProofHeader = "TunnelRpc-Proof";

    /// <summary>The response header with the number of bytes that the server has received.</summary>
    public const string ReceivedHeader = "TunnelRpc-Received";

    /// <summary>The size of a key and of a proof.</summary>
    public const int KeyBytes = 32;

    /// <summary>The length of the id that the client creates for a leg connection: 16 random bytes in hexadecimal digits.</summary>
    public const int ConnectionIdLength = 32;

    /// <summary>
    /// The maximum size of a block: below 1 MiB, from which on nginx responds with 413 unless it is configured. The server refuses larger
    /// ones with 413.
    /// </summary>
    public const int MaxBlockBytes = 768 * 1024;

    /// <summary>The maximum number of data bytes in the response to a poll.</summary>
    public const int MaxPollBytes = 4 * 1024 * 1024;

    /// <summary>
    /// The maximum number of bytes that are sent and not acknowledged as consumed. The session has fewer in flight (ADR 110): it knows the
    /// path, and the legs do not.
    /// </summary>
    public const int MaxUnacknowledgedBytes = 16 * 1024 * 1024;

    /// <summary>The maximum number of bytes that wait for a leg to send them: enough to fill the response to a poll.</summary>
    public const int MaxUnsentBytes = MaxPollBytes;

    /// <summary>The maximum number of bytes that are received and not read. At this limit an exchange is not read on.</summary>
    public const int MaxUnreadBytes = 1024 * 1024;

    /// <summary>The number of unreported consumed bytes from which on the server sends a report even if it has no data to send.</summary>
    public const int ConsumedReportThresholdBytes = 64 * 1024;

    /// <summary>The same of the client. Each poll reports anyway, so with polls the threshold is higher.</summary>
    public const int ClientConsumedReportThresholdBytes = 256 * 1024;

    /// <summary>The same of the client, with polls.</summary>
    public const int PollingConsumedReportThresholdBytes = 512 * 1024;

    private const int PreambleBytes = 2048;

    /// <summary>
    /// The first bytes of a streamed download, before its records. They are large enough to pass intermediaries that buffer the first
    /// kilobytes, and they identify the server to the client.
    /// </summary>
    public static ReadOnlyMemory<byte> Preamble { get; } = CreatePreamble();

    /// <summary>Returns the transport's name for a combination of legs.</summary>
    public static string GetTransportName(LegExchangeKind upload, LegExchangeKind download) => (upload, download) switch
    {
        (LegExchangeKind.Stream, LegExchangeKind.Stream) => "two-connection",
        (LegExchangeKind.Block, LegExchangeKind.Stream) => "n-plus-one",
        (LegExchangeKind.Block, _) => "long-poll",
        _ => "stream-poll",
    };

    /// <summary>Whether the server sends blocks, in responses to polls, over the transport of a name.</summary>
    public static bool IsPolled(string transportName) => transportName is "long-poll" or "stream-poll";

    /// <summary>Formats the value of <see cref="LegConnectionHeader"/> for a combination of legs.</summary>
    public static string FormatLegConnectionHeader(LegExchangeKind upload, LegExchangeKind download)
        => $"1 {(upload == LegExchangeKind.Stream ? "stream" : "blocks")} {(download == LegExchangeKind.Stream ? "stream" : "poll")}";

    /// <summary>Parses a value of <see cref="FormatLegConnectionHeader"/>; returns false for any other value.</summary>
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

    /// <summary>Decodes a key or proof of 32 bytes from a header's value; returns null if the value is not valid.</summary>
    public static byte[]? DecodeKeyOrProof(string? value)
    {
        byte[] bytes = new byte[KeyBytes];
        return value is not null
            && Base64Url.GetMaxDecodedLength(value.Length) == KeyBytes
            && Base64Url.TryDecodeFromChars(value, bytes, out int written)
            && written == KeyBytes
            ? bytes
            : null;
    }

    /// <summary>
    /// Computes the proof that the sender of an exchange has the key: HMAC-SHA-256 over its method, connection id, leg and leg header.
    /// </summary>
    public static byte[] ComputeProof(ReadOnlySpan<byte> key, string method, string id, bool isDownload, string legHeader)
        => HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{method} {id} {(isDownload ? "down" : "up")} {legHeader}"));

    /// <summary>Parses "/{id}/down" or "/{id}/up"; returns false for any other path.</summary>
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
