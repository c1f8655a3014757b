using System.Globalization;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Messages;

/// <summary>How a receiver finds the end of a body.</summary>
internal enum BodyKind
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>The body has a length in bytes.</summary>
    Length,

    /// <summary>The body is chunked (RFC 9112, 7.1).</summary>
    Chunked,

    /// <summary>The body ends with the connection, or with the message that contains it.</summary>
    UntilEnd,
}

// Decision: docs/adr/0095-strict-messages.md
/// <summary>
/// The framing of a body (RFC 9112, 6.3). A head that two parsers could frame differently is refused: two lengths, a list of lengths, a
/// length beside a transfer coding, a coding other than chunked, a coding in HTTP/1.0.
/// </summary>
/// <param name="Kind">How the end of the body is found.</param>
/// <param name="Length">The length in bytes; 0 unless the kind is <see cref="BodyKind.Length"/>.</param>
internal readonly record struct BodyFraming(BodyKind Kind, long Length)
{
    // The largest length that fits in a signed 64-bit number has 19 digits.
    private const int MaxLengthDigits = 18;

    /// <summary>The framing of a response's body.</summary>
    /// <param name="head">The head of the response.</param>
    /// <param name="requestMethod">The method of its request.</param>
    /// <exception cref="MalformedHttpException">The framing is ambiguous.</exception>
    public static BodyFraming OfResponse(Http1Head head, string requestMethod)
    {
        BodyFraming? stated = FindStated(head);

        // The fields of these responses describe another response (RFC 9110, 8.6), and no body follows. They must be unambiguous anyway.
        return requestMethod == "HEAD" || head.TargetOrStatus is "204" or "304" || head.TargetOrStatus[0] == '1'
            ? default
            : stated ?? new BodyFraming(BodyKind.UntilEnd, 0);
    }

    /// <summary>The framing of a request's body.</summary>
    /// <param name="head">The head of the request.</param>
    /// <exception cref="MalformedHttpException">The framing is ambiguous.</exception>
    public static BodyFraming OfRequest(Http1Head head) => FindStated(head) ?? default;

    /// <summary>The value of the Content-Length among fields; null when there is none, or another value than a number.</summary>
    public static long? FindLength(IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        foreach ((string name, string value) in fields)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                return ParseLength(value);
            }
        }

        return null;
    }

    private static BodyFraming? FindStated(Http1Head head)
    {
        string? length = null;
        string? coding = null;
        foreach ((string name, string value) in head.HeaderFields)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                length = length is null ? value : throw new MalformedHttpException("Expected one Content-Length, got several.");
            }
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                coding = coding is null ? value : throw new MalformedHttpException("Expected one Transfer-Encoding, got several.");
            }
        }

        if (coding is not null)
        {
            return length is not null
                ? throw new MalformedHttpException("Expected a Content-Length or a Transfer-Encoding, got both.")
                : !IsHttp11(head)
                ? throw new MalformedHttpException("Expected no Transfer-Encoding in HTTP/1.0, got one.")
                : !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                ? throw new MalformedHttpException("Expected the transfer coding \"chunked\" alone, got another one.")
                : new BodyFraming(BodyKind.Chunked, 0);
        }

        return length is null
            ? null
            : new BodyFraming(
                BodyKind.Length,
                ParseLength(length)
                    ?? throw new MalformedHttpException($"Expected a Content-Length of 1 to {MaxLengthDigits} digits, got another value."));
    }

    // The value of a Content-Length field; null when it is not a number of at most 18 digits.
    private static long? ParseLength(string value)
        => value.Length <= MaxLengthDigits && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            ? length
            : null;

    // A response has its version first, a request last.
    private static bool IsHttp11(Http1Head head) => head.MethodOrVersion == "HTTP/1.1" || head.VersionOrReason == "HTTP/1.1";
}
