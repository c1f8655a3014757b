using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Tests.Fuzz;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Transports.Tests.Http1;

public sealed class Http1HeadParserTests
{
    private const string Valid = "POST /tunnel HTTP/1.1\r\nHost: client.invalid\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public void Request_is_parsed()
    {
        bool complete = Http1HeadParser.TryParseRequest(Bytes(Valid + "rest"), out Http1Head? head, out int consumed);

        complete.ShouldBeTrue();
        consumed.ShouldBe(Valid.Length);
        (head!.MethodOrVersion, head.TargetOrStatus, head.VersionOrReason).ShouldBe(("POST", "/tunnel", "HTTP/1.1"));
        head.HeaderFields.ShouldBe([new("Host", "client.invalid"), new("Transfer-Encoding", "chunked")]);
        Should.NotThrow(head.RequireChunkedBody);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "200", "OK")]
    [InlineData("HTTP/1.1 404 \r\n\r\n", "404", "")]
    [InlineData("HTTP/1.1 204\r\nA:  b c\t\r\n\r\n", "204", "")]
    public void Response_is_parsed(string text, string status, string reason)
    {
        bool complete = Http1HeadParser.TryParseResponse(Bytes(text), out Http1Head? head, out int consumed);

        complete.ShouldBeTrue();
        consumed.ShouldBe(text.Length);
        (head!.TargetOrStatus, head.VersionOrReason).ShouldBe((status, reason));
    }

    [Fact]
    public void Every_prefix_of_a_head_is_incomplete()
    {
        byte[] bytes = Bytes(Valid);

        for (int length = 0; length < bytes.Length; length++)
        {
            Http1HeadParser.TryParseRequest(bytes.AsSpan(0, length), out _, out _).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\nHost: h\n\n", "CR LF")]
    [InlineData("POST / HTTP/1.1\r\nHost: h\n", "CR LF")]
    [InlineData("POST / HTTP/1.1\rHost: h\r\n\r\n", "CR LF")]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\r\n\r\n", "CR LF")]
    [InlineData("POST / HTTP/1.1\r\n folded: x\r\n\r\n", "header field")]
    [InlineData("POST / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n", "header field")]
    [InlineData("POST / HTTP/1.1\r\nHost : h\r\n\r\n", "header field")]
    [InlineData("POST / HTTP/1.1\r\n: h\r\n\r\n", "header field")]
    [InlineData("POST / HTTP/1.1\r\nHost\r\n\r\n", "header field")]
    [InlineData("POST / HTTP/1.1\r\nA: b\0c\r\n\r\n", "header field")]
    [InlineData("POST / HTTP/1.0\r\n\r\n", "request line")]
    [InlineData("POST  / HTTP/1.1 x\r\n\r\n", "request line")]
    [InlineData("POST /a b HTTP/1.1\r\n\r\n", "request line")]
    [InlineData("POST HTTP/1.1\r\n\r\n", "request line")]
    [InlineData("\r\n\r\n", "request line")]
    [InlineData("GET\0 / HTTP/1.1\r\n\r\n", "request line")]
    public void Malformed_request_is_refused_with_a_message(string text, string message)
    {
        MalformedHttpException failure = Should.Throw<MalformedHttpException>(() => Http1HeadParser.TryParseRequest(Bytes(text), out _, out _));

        failure.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 600 OK\r\n\r\n")]
    [InlineData("http/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    public void Malformed_response_is_refused(string text)
        => Should.Throw<MalformedHttpException>(() => Http1HeadParser.TryParseResponse(Bytes(text), out _, out _))
            .Message.ShouldContain("status line");

    [Fact]
    public void Head_at_the_size_limit_is_parsed_and_above_is_refused()
    {
        string longest = Valid[..^2] + "Pad: " + new string('x', Http1Limits.MaxHeadBytes - Valid.Length - 7) + "\r\n\r\n";

        Http1HeadParser.TryParseRequest(Bytes(longest), out _, out int consumed).ShouldBeTrue();

        consumed.ShouldBe(Http1Limits.MaxHeadBytes);
        string tooLong = longest.Replace("Pad: ", "Pad: x", StringComparison.Ordinal);
        Should.Throw<MalformedHttpException>(() => Http1HeadParser.TryParseRequest(Bytes(tooLong), out _, out _));
        Should.Throw<MalformedHttpException>(() => Http1HeadParser.TryParseRequest(Bytes(tooLong[..Http1Limits.MaxHeadBytes]), out _, out _));
    }

    [Fact]
    public void Header_fields_above_the_limit_are_refused()
    {
        string fields = string.Concat(Enumerable.Repeat("A: b\r\n", Http1Limits.MaxHeaderFields + 1));

        byte[] head = Bytes($"POST / HTTP/1.1\r\n{fields}\r\n");
        Should.Throw<MalformedHttpException>(() => Http1HeadParser.TryParseRequest(head, out _, out _)).Message.ShouldContain("64");
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")]
    [InlineData("Content-Length: 3\r\n")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("")]
    public void Ambiguous_body_framing_is_refused(string fields)
    {
        Http1HeadParser.TryParseRequest(Bytes($"POST / HTTP/1.1\r\n{fields}\r\n"), out Http1Head? head, out _).ShouldBeTrue();

        Should.Throw<MalformedHttpException>(head!.RequireChunkedBody);
    }

    [Fact]
    public void Random_bytes_give_a_head_or_the_declared_exception()
        => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), IsParsedOrRefused).Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzBudget.Of(20_000)));

    [Fact]
    public void Mutated_heads_give_a_head_or_the_declared_exception()
        => Prop.ForAll(Mutations.Of(Bytes(Valid)).ToArbitrary(), IsParsedOrRefused)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzBudget.Of(20_000)));

    private static bool IsParsedOrRefused(byte[] bytes) => HasValidResult(bytes, isRequest: true) && HasValidResult(bytes, isRequest: false);

    private static bool HasValidResult(byte[] bytes, bool isRequest)
    {
        try
        {
            bool complete = isRequest
                ? Http1HeadParser.TryParseRequest(bytes, out Http1Head? head, out int consumed)
                : Http1HeadParser.TryParseResponse(bytes, out head, out consumed);
            return complete ? head is not null && consumed is > 3 && consumed <= bytes.Length : head is null && consumed == 0;
        }
        catch (MalformedHttpException)
        {
            return true;
        }
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
