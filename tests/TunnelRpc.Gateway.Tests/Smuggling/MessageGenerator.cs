using System.Globalization;
using System.Text;

namespace TunnelRpc.Gateway.Tests.Smuggling;

/// <summary>
/// Generates HTTP/1.x messages: valid ones, and ones that are malformed or ambiguous in one or several places. Text is Latin 1. The
/// messages of a seed are always the same. Not thread-safe.
/// </summary>
internal sealed partial class MessageGenerator(int seed)
{
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n";

    // Of a hundred places in messages, about so many are unusual.
    private const int UnusualPercent = 5;

    private static readonly string[] LineEnds = ["\n", "\r", "\r\r\n", "\n\r", "\r\n ", "\r\n\t", " \r\n"];

    private static readonly string[] Names =
    [
        "A", "X-B", "Accept", "Cookie", "Content-Type", "Expect", "TE", "Trailer", "Upgrade", "Connection", "Keep-Alive",
        "X!#$%&'*+-.^_`|~",
        "x-a", "Set-Cookie", "Content-Encoding", "Location", "Date", "ETag",
    ];

    private static readonly string[] UnusualNames =
    [
        "Bad Name", "Name ", " Name", "\tName", "", "\u00c9", "Na\0me", "Na(me)", "Name\r", "Content-Length ", "Transfer-Encoding\t",
        "Transfer_Encoding", "Content-Length\0", ":", "Host ",
    ];

    private static readonly string[] Values =
    [
        "b", "", "  b  ", "\tb\t", "a, b", "\"q\"", "100-continue", "keep-alive", "close", "Upgrade", "\u00e9\u00ff", "a:b", "a=b; c=d",
        "trailers",
        "text/plain; charset=utf-8", "websocket",
    ];

    private static readonly string[] UnusualValues =
    [
        "a\0b", "a\rb", "a\nb", "a\u0001b", "a\u007fb", "a\u000bb", "a\r\n b", "a\r\n\tb", "a\r\nTransfer-Encoding: chunked",
        "a\n\nGET / HTTP/1.1",
    ];

    private static readonly string[] Codings =
    [
        "Chunked", "CHUNKED", "chunked, chunked", "gzip, chunked", "chunked, gzip", "identity", "xchunked", "chunkedx", " chunked ",
        "chunked;q=1", "\"chunked\"", "\u000bchunked", ",chunked", "chunked,", "chunked\0", "", "cow", "chunked\r\n ", "c hunked",
    ];

    private readonly Random _random = new(seed);

    private bool IsUnusual => _random.Next(100) < UnusualPercent;

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];

    private string LineEnd() => IsUnusual && IsUnusual ? Pick(LineEnds) : "\r\n";

    private string Field()
    {
        string name = IsUnusual ? Pick(UnusualNames) : Pick(Names);
        string value = IsUnusual ? Pick(UnusualValues) : Pick(Values);
        string separator = IsUnusual ? Pick(":", " : ", ":\t", "", "::", ":  ") : ": ";
        return name + separator + value + LineEnd();
    }

    private string Fields()
    {
        StringBuilder fields = new();
        for (int count = _random.Next(4); count > 0; count--)
        {
            fields.Append(Field());
        }

        switch (_random.Next(60))
        {
            case 0:
                fields.Append("X-Long: ").Append('x', Pick(8_000, 16_000, 31_000, 32_768, 40_000)).Append("\r\n");
                break;
            case 1:
                for (int count = Pick(40, 97, 98, 99, 100, 101); count > 0; count--)
                {
                    fields.Append(CultureInfo.InvariantCulture, $"X-{count}: {count}\r\n");
                }

                break;
            default:
                break;
        }

        return fields.ToString();
    }

    private string Text() => _random.Next(4) switch
    {
        0 => "",
        1 => Smuggled,
        2 => "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
        _ => new string([.. Enumerable.Range(0, _random.Next(1, 60)).Select(_ => (char)_random.Next(256))]),
    };

    // The framing fields, and the body as they frame it, or otherwise.
    private (string Fields, string Body) Framed(bool mayEndWithMessage)
    {
        string text = Text();
        switch (_random.Next(mayEndWithMessage ? 4 : 3))
        {
            case 0:
                return ("", IsUnusual ? text : mayEndWithMessage ? text : "");
            case 1:
                return (LengthFields(text.Length), text);
            case 2:
                string chunks = Chunks(text);
                string coding = _random.Next(100) < 4 * UnusualPercent ? Pick(Codings) : "chunked";
                string fields = $"Transfer-Encoding: {coding}" + LineEnd();
                return _random.Next(20) switch
                {
                    0 => (fields + LengthFields(Pick(text.Length, chunks.Length, 0)), chunks),
                    1 => (LengthFields(Pick(text.Length, chunks.Length, 0)) + fields, chunks),
                    2 => (fields + "Transfer-Encoding: " + Pick("chunked", "identity", "x") + "\r\n", chunks),
                    _ => (fields, chunks),
                };
            default:
                return ("", text);
        }
    }

    private string LengthFields(int length)
    {
        const string Name = "Content-Length: ";
        string exact = $"{length}";
        if (_random.Next(100) >= 4 * UnusualPercent)
        {
            return Name + exact + LineEnd();
        }

        string value = Pick(
            $"{length + 1}", $"{Math.Max(0, length - 1)}", $"0{length}", $"00000000000000000000{length}", $"+{length}", $"-{length}",
            $" {length} ",
            $"{length},{length}", $"{length}, {length}", $"0x{length:x}", $"{length}\0", $"{length} 1", $"{length}.0", $"{length}e0", "",
            "a",
            "9999999999999999999", "18446744073709551616", $"\t{length}", $"{length};", $"\"{length}\"", "\u0661");
        return _random.Next(3) switch
        {
            0 => $"{Name}{exact}\r\n{Name}{value}\r\n",
            1 => $"{Name}{exact}\r\ncontent-length: {exact}\r\n",
            _ => $"{Name}{value}\r\n",
        };
    }

    private string Chunks(string text)
    {
        StringBuilder chunks = new();
        int position = 0;
        while (position < text.Length)
        {
            int count = _random.Next(1, text.Length - position + 1);
            chunks.Append(ChunkLine(count)).Append(text, position, count)
                .Append(IsUnusual && IsUnusual ? Pick("", "\n", "\r", "x\r\n") : "\r\n");
            position += count;
        }

        string last = IsUnusual ? Pick("", "00\r\n", "000000000000000000000\r\n", "0;a=b\r\n", "-0\r\n", "0\n", "0x0\r\n") : "0\r\n";
        return chunks.Append(last).Append(Trailers()).Append(LineEnd()).ToString();
    }

    private string ChunkLine(int count)
    {
        string size = IsUnusual && IsUnusual
            ? Pick(
                $"0x{count:x}", $"-{count:x}", $"+{count:x}", $" {count:x}", $"{count:x} ", $"{count:x}\t", "", "g", $"{count + 1:x}",
                "7fffffff",
                "80000000", "ffffffff", "100000000", "7fffffffffffffff", "8000000000000000", "fffffffffffffffff", $"1{count:x16}",
                $"{count:x}\0")
            : Pick($"{count:x}", $"{count:X}", $"0{count:x}", $"0000000{count:x}");
        string extension = _random.Next(100) < 3 * UnusualPercent
            ? Pick(
                ";a=b", ";a", ";", ";a=\"b;c\"", " ;a=b", "; a = b", ";a=b;c=d", ";\n", ";a\nb", ";a\rb", ";\0", ";a=\u00e9", ";a=\"\r\n\"",
                $";{new string('x', 200)}", $";{new string('x', 300)}", "a=b", ";\t")
            : "";
        return size + extension + LineEnd();
    }

    private string Trailers() => _random.Next(100) < 4 * UnusualPercent
        ? Pick(
            "X-Trailer: a\r\n", "X-Trailer:a\r\nB:\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Host: smuggled\r\n",
            "nothing\r\n", "a : b\r\n", ": b\r\n", " a: b\r\n", "a: b\r\n c\r\n", "a: b\n", "a: b\0\r\n", "\u00e9: b\r\n",
            "a: \u00e9\r\n", Smuggled,
            $"a: {new string('x', 2_000)}\r\n", string.Concat(Enumerable.Repeat("a: b\r\n", 120)))
        : "";

    // A byte that is changed, added, removed or repeated anywhere.
    private byte[] ToBytes(string message)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(message);
        if (!(IsUnusual || IsUnusual) || bytes.Length == 0)
        {
            return bytes;
        }

        int position = _random.Next(bytes.Length);
        byte other = (byte)Pick('\r', '\n', ' ', ':', '\0', ';', ',', '0', _random.Next(256));
        return _random.Next(4) switch
        {
            0 => [.. bytes[..position], other, .. bytes[(position + 1)..]],
            1 => [.. bytes[..position], other, .. bytes[position..]],
            2 => [.. bytes[..position], .. bytes[(position + 1)..]],
            _ => bytes[..position],
        };
    }
}
