using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace TunnelRpc.Transports.Http1;

/// <summary>
/// A strict parser of HTTP/1.x heads: line ends are CR LF, no folded lines, no whitespace before colons, no control characters, and the
/// versions and sizes of <see cref="Http1HeadRules"/>. Leniency would only help attackers. Stateless.
/// </summary>
internal static class Http1HeadParser
{
    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    /// <summary>Parses a request's head at the start of <paramref name="bytes"/>; returns false while it is incomplete.</summary>
    /// <exception cref="MalformedHttpException">The bytes are not a valid head, nor the start of one.</exception>
    public static bool TryParseRequest(ReadOnlySpan<byte> bytes, out Http1Head? head, out int consumed)
        => TryParse(bytes, isRequest: true, Http1HeadRules.Transports, out head, out consumed);

    /// <summary>Parses a response's head at the start of <paramref name="bytes"/>; returns false while it is incomplete.</summary>
    /// <exception cref="MalformedHttpException">The bytes are not a valid head, nor the start of one.</exception>
    public static bool TryParseResponse(ReadOnlySpan<byte> bytes, out Http1Head? head, out int consumed)
        => TryParse(bytes, isRequest: false, Http1HeadRules.Transports, out head, out consumed);

    /// <summary>Parses a head at the start of <paramref name="bytes"/>; returns false while it is incomplete.</summary>
    /// <exception cref="MalformedHttpException">The bytes are not a head that the rules accept, nor the start of one.</exception>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, bool isRequest, Http1HeadRules rules, [NotNullWhen(true)] out Http1Head? head, out int consumed)
    {
        head = null;
        consumed = 0;
        int end = bytes.IndexOf(HeadEnd);
        if (end < 0 || end + HeadEnd.Length > rules.MaxHeadBytes)
        {
            if (end >= 0 || bytes.Length >= rules.MaxHeadBytes)
            {
                throw new MalformedHttpException($"Expected a head of at most {rules.MaxHeadBytes} bytes, got a longer one.");
            }

            RequireLineEnds(bytes);
            return false;
        }

        ReadOnlySpan<byte> lines = bytes[..end];
        RequireLineEnds(bytes[..(end + HeadEnd.Length)]);
        ReadOnlySpan<byte> startLine = NextLine(ref lines);
        (string first, string second, string third) = isRequest
            ? ParseRequestLine(startLine, rules)
            : ParseStatusLine(startLine, rules);
        List<KeyValuePair<string, string>> fields = [];
        while (!lines.IsEmpty)
        {
            if (fields.Count == rules.MaxHeaderFields)
            {
                throw new MalformedHttpException($"Expected at most {rules.MaxHeaderFields} header fields, got more.");
            }

            fields.Add(ParseField(NextLine(ref lines)));
        }

        head = new Http1Head(first, second, third, fields);
        consumed = end + HeadEnd.Length;
        return true;
    }

    // Every CR must be followed by LF (or be the last received byte), and every LF must follow a CR.
    private static void RequireLineEnds(ReadOnlySpan<byte> bytes)
    {
        bool afterCarriageReturn = false;
        foreach (byte value in bytes)
        {
            if (afterCarriageReturn != (value == (byte)'\n'))
            {
                throw new MalformedHttpException("Expected lines that end with CR LF, got a CR or LF alone.");
            }

            afterCarriageReturn = value == (byte)'\r';
        }
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> lines)
    {
        int end = lines.IndexOf((byte)'\r');
        ReadOnlySpan<byte> line = end < 0 ? lines : lines[..end];
        lines = end < 0 ? [] : lines[(end + 2)..];
        return line;
    }

    private static (string Method, string Target, string Version) ParseRequestLine(ReadOnlySpan<byte> line, Http1HeadRules rules)
    {
        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0
            || last <= first + 1
            || !IsToken(line[..first])
            || !IsVisible(line[(first + 1)..last])
            || !IsVersion(line[(last + 1)..], rules))
        {
            throw new MalformedHttpException($"Expected a request line such as \"POST / HTTP/1.1\", got \"{ToPrintable(line)}\".");
        }

        return (
            Encoding.ASCII.GetString(line[..first]),
            Encoding.ASCII.GetString(line[(first + 1)..last]),
            Encoding.ASCII.GetString(line[(last + 1)..]));
    }

    private static (string Version, string Status, string Reason) ParseStatusLine(ReadOnlySpan<byte> line, Http1HeadRules rules)
    {
        // "HTTP/1.1 200", followed by nothing or by a space and the reason phrase.
        bool valid = line.Length >= 12
            && IsVersion(line[..8], rules)
            && line[8] == (byte)' '
            && line[9] is >= (byte)'1' and <= (byte)'5'
            && char.IsAsciiDigit((char)line[10])
            && char.IsAsciiDigit((char)line[11])
            && (line.Length == 12 || line[12] == (byte)' ')
            && IsText(line[12..]);
        if (!valid)
        {
            throw new MalformedHttpException($"Expected a status line such as \"HTTP/1.1 200 OK\", got \"{ToPrintable(line)}\".");
        }

        return (
            Encoding.ASCII.GetString(line[..8]),
            Encoding.ASCII.GetString(line[9..12]),
            line.Length > 13 ? Encoding.Latin1.GetString(line[13..]) : string.Empty);
    }

    private static bool IsVersion(ReadOnlySpan<byte> version, Http1HeadRules rules)
        => version.SequenceEqual("HTTP/1.1"u8) || (rules.AllowHttp10 && version.SequenceEqual("HTTP/1.0"u8));

    private static KeyValuePair<string, string> ParseField(ReadOnlySpan<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        if (colon <= 0 || !IsToken(line[..colon]) || !IsText(line[(colon + 1)..]))
        {
            throw new MalformedHttpException($"Expected a header field such as \"Name: value\", got \"{ToPrintable(line)}\".");
        }

        return new(Encoding.ASCII.GetString(line[..colon]), Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8)));
    }

    /// <summary>Whether the bytes are a token (RFC 9110, 5.6.2), as methods and names of fields are. False for no bytes.</summary>
    public static bool IsToken(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return false;
        }

        foreach (byte value in bytes)
        {
            if (!char.IsAsciiLetterOrDigit((char)value) && !"!#$%&'*+-.^_`|~"u8.Contains(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether all bytes are visible characters of ASCII.</summary>
    public static bool IsVisible(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E);

    /// <summary>Whether there is no control character but tabs, as in a field's value.</summary>
    public static bool IsText(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if ((value < 0x20 && value != (byte)'\t') || value == 0x7F)
            {
                return false;
            }
        }

        return true;
    }

    // The first 60 bytes without control characters, which are safe to log.
    private static string ToPrintable(ReadOnlySpan<byte> bytes)
        => string.Create(Math.Min(bytes.Length, 60), bytes, static (text, source) =>
        {
            for (int index = 0; index < text.Length; index++)
            {
                text[index] = source[index] is >= 0x20 and < 0x7F ? (char)source[index] : '.';
            }
        });
}
