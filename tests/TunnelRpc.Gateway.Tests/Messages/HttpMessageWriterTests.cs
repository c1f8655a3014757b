using System.Text;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Tests.Messages;

/// <summary>What the writer of messages writes, and what it refuses to write.</summary>
public sealed class HttpMessageWriterTests
{
    [Fact]
    public void Request_has_the_framing_of_the_writer_and_is_read_again()
    {
        GatewayRequest request = Request(
            "POST", "/a?b", new("Host", "h"), new("Content-Length", "99"), new("Transfer-Encoding", "chunked"));

        byte[] written = HttpMessageWriter.WriteRequest(request, "body"u8);

        Encoding.ASCII.GetString(written).ShouldBe("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        Encoding.ASCII.GetString(HttpMessageReader.ReadRequest(written).Body.Span).ShouldBe("body");
    }

    [Theory]
    [InlineData("GET /\r\nA: b", "/", "A", "b")]
    [InlineData("GET", "/ HTTP/1.1\r\nA:", "A", "b")]
    [InlineData("GET", "/", "A: b\r\nC", "d")]
    [InlineData("GET", "/", "A", "b\r\nC: d")]
    [InlineData("GET", "/", "A", "b\nC: d")]
    [InlineData("GET", "/", "A", "b\0")]
    public void Head_with_an_injected_line_is_not_written(string method, string target, string name, string value)
    {
        GatewayRequest request = Request(method, target, new HttpField("Host", "h"), new HttpField(name, value));

        Should.Throw<MalformedHttpException>(() => HttpMessageWriter.WriteRequest(request, default));
    }

    private static GatewayRequest Request(string method, string target, params HttpField[] fields)
        => new() { Name = "shop", Method = method, Target = target, Scheme = "http", Version = "1.1", Fields = fields };
}
