namespace TunnelRpc.Gateway.Tests.Smuggling;

// Responses.
internal sealed partial class MessageGenerator
{
    private static readonly string[] StatusLines =
    [
        "HTTP/1.1 200 OK", "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 201 Created \u00e9", "HTTP/1.0 200 OK", "HTTP/1.1 204 No Content",
        "HTTP/1.1 205 Reset Content", "HTTP/1.1 206 Partial", "HTTP/1.1 302 Found", "HTTP/1.1 304 Not Modified", "HTTP/1.1 401 Who",
        "HTTP/1.1 404 Not  Found\t!", "HTTP/1.1 500 Error", "HTTP/1.1 599 x",
    ];

    private static readonly string[] UnusualStatusLines =
    [
        "HTTP/1.1 101 Switching Protocols", "HTTP/1.1 100 Continue", "HTTP/1.1 099 x", "HTTP/1.1 600 x", "HTTP/1.1 999 x", "HTTP/1.1 20 OK",
        "HTTP/1.1 2000 OK", "HTTP/1.1 -20 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK",
        "HTTP/1.1 200 O\0K",
        "HTTP/1.1 200 O\rK", "HTTP/2.0 200 OK", "HTTP/1.2 200 OK", "http/1.1 200 OK", "HTTP/1.1", "ICY 200 OK", " HTTP/1.1 200 OK",
        "\r\nHTTP/1.1 200 OK", "HTTP/1.1 200 " + new string('x', 33_000),
    ];

    private static readonly string[] Interim =
    [
        "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 102 x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 199\r\n\r\nHTTP/1.1 100\r\n\r\n",
    ];

    private static readonly string[] UnusualInterim =
    [
        "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 100 Continue\n\n", "HTTP/1.1 100 Continue\r\n\r\n\r\n",
        string.Concat(Enumerable.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9)), "HTTP/1.1 101 x\r\n\r\n",
        "HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ];

    /// <summary>Generates a response, and the method of its request.</summary>
    public (string Method, byte[] Message) NextResponse()
    {
        string method = _random.Next(5) == 0 ? "HEAD" : Pick("GET", "POST");
        string interim = _random.Next(8) != 0 ? "" : IsUnusual || IsUnusual ? Pick(UnusualInterim) : Pick(Interim);
        string line = IsUnusual ? Pick(UnusualStatusLines) : Pick(StatusLines);
        (string framing, string body) = Framed(mayEndWithMessage: true);
        bool hasBody = method != "HEAD"
            && !line.Contains(" 204", StringComparison.Ordinal)
            && !line.Contains(" 304", StringComparison.Ordinal);
        string head = line + LineEnd() + Shuffle(Fields(), framing) + LineEnd();
        string after = IsUnusual ? Pick("\r\n", "x", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged") : "";
        return (method, ToBytes(interim + head + (hasBody || IsUnusual ? body : "") + after));
    }
}
