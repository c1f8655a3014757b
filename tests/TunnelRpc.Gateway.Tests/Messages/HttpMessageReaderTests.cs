using System.Text;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Tests.Messages;

/// <summary>What the reader of messages accepts, and what it refuses.</summary>
public sealed class HttpMessageReaderTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "GET", "ab")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n", "GET", "ab")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nab", "GET", "ab")]
    [InlineData("HTTP/1.1 200\r\n\r\nab", "GET", "ab")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "POST", "")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", "")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "GET", "")]
    public void Response_is_read_with_its_body(string message, string method, string body)
    {
        HttpMessage response = HttpMessageReader.ReadResponse(Encoding.Latin1.GetBytes(message), method);

        Encoding.Latin1.GetString(response.Body.Span).ShouldBe(body);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA : b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\nab")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("")]
    public void Ambiguous_or_malformed_response_is_refused(string message)
    {
        Should.Throw<MalformedHttpException>(() => HttpMessageReader.ReadResponse(Encoding.Latin1.GetBytes(message), "GET"));
    }

    [Theory]
    [InlineData("example.org", "example.org", null)]
    [InlineData("EXAMPLE.org:8080", "example.org", 8080)]
    [InlineData("a_b-c", "a_b-c", null)]
    [InlineData("127.0.0.1:1", "127.0.0.1", 1)]
    [InlineData("[2001:DB8:0:0::1]:443", "[2001:db8::1]", 443)]
    public void Host_and_port_are_read_in_one_spelling(string text, string host, int? port)
    {
        HostAndPort.TryParse(text, out HostAndPort parsed).ShouldBeTrue();

        (parsed.Host, parsed.Port).ShouldBe((host, port));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a:\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: \u00e9\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: [::1%25lo]\r\n\r\n")]
    [InlineData("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET * HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.0\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    public void Request_with_a_confusing_host_or_a_second_request_is_refused(string message)
    {
        Should.Throw<MalformedHttpException>(() => HttpMessageReader.ReadRequest(Encoding.Latin1.GetBytes(message)));
    }

    [Fact]
    public void Head_above_the_limit_is_refused_and_the_limit_is_named()
    {
        string message = $"HTTP/1.1 200 OK\r\nA: {new string('x', MessageRules.MaxHeadBytes)}\r\n\r\n";

        MalformedHttpException error = Should.Throw<MalformedHttpException>(
            () => HttpMessageReader.ReadResponse(Encoding.Latin1.GetBytes(message), "GET"));

        error.Message.ShouldContain($"{MessageRules.MaxHeadBytes}");
    }
}
