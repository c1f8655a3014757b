namespace TunnelRpc.Gateway.Tests.Smuggling;

// Requests.
internal sealed partial class MessageGenerator
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "M-SEARCH", "get"];

    private static readonly string[] UnusualMethods =
        ["CONNECT", "PRI", "GE T", "", "G\0T", "GET\t", " GET", "\r\nGET", "G\u00c9T", "(GET)", "!#$%&'*+-.^_`|~", new('M', 300), "\nGET"];

    private static readonly string[] Targets = ["/", "/a?b=c", "/%41%2f", "/a//b", "//a", "/../x", "/./a/..", "/a;b", "/?", "/a%20b", "/~"];

    private static readonly string[] UnusualTargets =
    [
        "*", "http://h/", "http://other/", "HTTP://h/", "h:80", "a", "", "?", "/a b", "/\t", "/\u00e9", "/a#b", "/?x=%00", "/%00",
        "/a%00b", "/%",
        "/%zz", "/%c0%80", "/\\..\\", "/\0", "/a\rb", "/a\nb", "/\u007f", "http:///", "https://h/", "//", new string('/', 300),
        "/" + new string('t', 9_000), "/" + new string('t', 33_000), "/ HTTP/1.1\r\nHost: b\r\n\r\nGET /smuggled", "/%e2%82", "/[::1]",
        "/{}|^`\"<>",
    ];

    private static readonly string[] UnusualVersions =
    [
        "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 ", " HTTP/1.1", "HTTP/1.10", "HTTP/01.1", "HTTP/1,1", "HTTP/1.1\t", "",
        "HTTP/11",
    ];

    private static readonly string[] Hosts =
    [
        "h", "h:80", "a.example", "a_b.example:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[2001:db8::1]:443",
    ];

    private static readonly string[] UnusualHosts =
    [
        "", "a@b", "a b", "a:", "a:b", "a:99999", "a:00080", "a:-1", "[::1", "::1", "[]", "[::1]x", "[::1%25eth0]", "\u00e9", "a/b",
        "a\\b", "a,b", "a;b",
        "a?b", "a#b", "a..b", ".a", "a.", "127.1", "0x7f.1", "a%41", "a\tb", "a\0", "*", "a|b", "a<b>", "\"a\"", "a:80:80", "(a)", "a!b",
        "A.EXAMPLE",
    ];

    /// <summary>Generates a request.</summary>
    public byte[] NextRequest()
    {
        string method = IsUnusual ? Pick(UnusualMethods) : Pick(Methods);
        string target = _random.Next(100) < 2 * UnusualPercent ? Pick(UnusualTargets) : Pick(Targets);
        string version = IsUnusual ? Pick(UnusualVersions) : _random.Next(10) == 0 ? "HTTP/1.0" : "HTTP/1.1";
        string space = IsUnusual && IsUnusual ? Pick("  ", "\t", "") : " ";
        (string framing, string body) = Framed(mayEndWithMessage: false);
        string head = method + space + target + " " + version + LineEnd() + Shuffle(HostFields(), Fields(), framing) + LineEnd();
        string after = IsUnusual ? Pick("\r\n", "x", "\0", Smuggled, "0\r\n\r\n") : "";
        return ToBytes(head + body + after);
    }

    private string HostFields()
    {
        string host = $"Host: {Pick(Hosts)}\r\n";
        return _random.Next(100) >= 3 * UnusualPercent ? host : _random.Next(4) switch
        {
            0 => "",
            1 => host + host,
            2 => $"{host}host: {Pick(Hosts)}\r\n",
            _ => $"Host: {Pick(UnusualHosts)}\r\n",
        };
    }

    private string Shuffle(params string[] parts)
    {
        _random.Shuffle(parts);
        return string.Concat(parts);
    }
}
