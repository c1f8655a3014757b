using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;

namespace TunnelRpc.Gateway.Tests.Transcripts;

/// <summary>
/// The transcript of the Comet fallback in the description of reverse HTTP of 2008, replayed byte for byte. Only the paths and the random
/// message-id differ. What the gateway sends is compared with all its bytes.
/// </summary>
public sealed partial class CometTranscriptTests
{
    private const string Request =
        "GET /apps/shop/ HTTP/1.1\r\nHost: 127.0.0.1:65331\r\nAccept-Encoding: identity\r\naccept: text/plain;q=1,*/*;q=0\r\n\r\n";

    private const string Poll = "POST /comet/shop HTTP/1.1\r\nHost: localhost:9999\r\nAccept-Encoding: identity\r\n";

    private const string Empty =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\nDate: *\r\nServer: Kestrel\r\n"
        + "Cache-Control: no-store\r\n\r\n{}";

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("")]
    [InlineData("Upgrade: PTTH/0.9\r\n")]
    [InlineData("Upgrade: PTTH/1.0\r\nConnection: Upgrade\r\n")]
    public async Task Transcript_is_answered_byte_for_byte(string upgrade)
    {
        await using GatewayApp app = await StartAsync();
        using WireConnection program = await WireConnection.ConnectAsync(app.Port);
        using WireConnection client = await WireConnection.ConnectAsync(app.Port);

        // A first revision of the description has the field Upgrade in the poll: the server that cannot upgrade answers as JSON.
        await program.SendAsync(Poll + upgrade + "\r\n");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        await client.SendAsync(Request);
        string polled = await program.ReadAsync();
        string id = MessageId().Match(polled).Groups[1].Value;
        string answer =
            $"{{'message-id': '{id}', 'http-version': 'PTTH/0.9', 'status': 200, 'reason': 'OK', 'headers': "
            + "[['Content-type', 'text/plain'], ['Date', 'Tue, 13 May 2008 20:14:45 GMT']], 'body': '!dlrow ,olleH'}";
        await program.SendAsync($"{Poll}Content-type: application/json\r\nContent-length: {answer.Length}\r\n\r\n{answer}");
        string received = await client.ReadAsync();
        Task<string> next = program.ReadAsync();
        await Eventually.TrueAsync(() => next.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        id.Length.ShouldBe(43);
        answer.Replace(id, "xxx", StringComparison.Ordinal).Length.ShouldBe(193, "the Content-length of the transcript");
        polled.Replace(id, "xxx", StringComparison.Ordinal).ShouldBe(
            "HTTP/1.1 200 OK\r\nContent-Length: 469\r\nContent-Type: application/json\r\nDate: *\r\nServer: Kestrel\r\n"
            + "Cache-Control: no-store\r\n\r\n"
            + "{\"message-id\":\"xxx\",\"method\":\"GET\",\"request-uri\":\"/\",\"http-version\":\"PTTH/0.9\",\"headers\":["
            + "[\"Host\",\"127.0.0.1:65331\"],[\"Accept\",\"text/plain;q=1,*/*;q=0\"],[\"Accept-Encoding\",\"identity\"],"
            + "[\"Via\",\"1.1 tunnelrpc\"],[\"X-Forwarded-For\",\"127.0.0.1\"],[\"X-Forwarded-Host\",\"127.0.0.1:65331\"],"
            + "[\"X-Forwarded-Proto\",\"http\"],[\"X-Forwarded-Prefix\",\"/apps/shop\"],"
            + "[\"Forwarded\",\"for=127.0.0.1;host=\\u0022127.0.0.1:65331\\u0022;proto=http\"]],\"body\":\"\"}");
        received.ShouldBe(
            "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nContent-Type: text/plain\r\nDate: Tue, 13 May 2008 20:14:45 GMT\r\n"
            + "Server: Kestrel\r\n\r\n!dlrow ,olleH");
        (await next).ShouldBe(Empty);
    }

    [Fact]
    public async Task Answer_without_a_body_is_answered_byte_for_byte()
    {
        await using GatewayApp app = await StartAsync();
        using WireConnection program = await WireConnection.ConnectAsync(app.Port);
        using WireConnection client = await WireConnection.ConnectAsync(app.Port);

        await program.SendAsync(Poll + "\r\n");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        await client.SendAsync(Request);
        string id = MessageId().Match(await program.ReadAsync()).Groups[1].Value;
        string answer = $"{{'message-id': '{id}', 'http-version': 'PTTH/0.9', 'status': 200, 'reason': 'OK', 'headers': []}}";
        await program.SendAsync($"{Poll}Content-type: application/json\r\nContent-length: {answer.Length}\r\n\r\n{answer}");

        (await client.ReadAsync()).ShouldBe("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: *\r\nServer: Kestrel\r\n\r\n");
    }

    [Fact]
    public async Task Empty_object_of_the_program_is_a_poll()
    {
        await using GatewayApp app = await StartAsync();
        using WireConnection program = await WireConnection.ConnectAsync(app.Port);

        await program.SendAsync(Poll + "Content-type: application/json\r\nContent-length: 2\r\n\r\n{}");
        Task<string> next = program.ReadAsync();
        await Eventually.TrueAsync(() => next.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        (await next).ShouldBe(Empty);
        app.Router.IsClaimed("shop").ShouldBeTrue();
    }

    [Fact]
    public async Task Program_of_HTTP_1_0_polls_with_a_length_of_zero()
    {
        await using GatewayApp app = await StartAsync();
        using WireConnection program = await WireConnection.ConnectAsync(app.Port);
        using WireConnection without = await WireConnection.ConnectAsync(app.Port);

        await without.SendAsync("POST /comet/shop HTTP/1.0\r\n\r\n");
        string refused = await without.ReadHeadAsync();
        app.Router.IsClaimed("shop").ShouldBeFalse();
        await program.SendAsync("POST /comet/shop HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
        Task<string> next = program.ReadAsync();
        await Eventually.TrueAsync(() => next.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        refused.ShouldStartWith("HTTP/1.1 400 Bad Request\r\n");
        (await next).ShouldBe(Empty.Replace("\r\nContent-Type", "\r\nConnection: close\r\nContent-Type", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Text_variant_is_answered_byte_for_byte()
    {
        await using GatewayApp app = await StartAsync();
        using WireConnection program = await WireConnection.ConnectAsync(app.Port);
        using WireConnection client = await WireConnection.ConnectAsync(app.Port);

        await program.SendAsync(Poll + "Accept: text/plain\r\n\r\n");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        await client.SendAsync(Request);
        string polled = await program.ReadAsync();
        string id = MessageIdField().Match(polled).Groups[1].Value;
        const string Answer =
            "HTTP/1.1 200 OK\r\nContent-type: text/plain\r\nDate: Tue, 13 May 2008 20:14:45 GMT\r\nContent-Length: 15\r\n\r\n"
            + "!dlrow ,olleH\r\n";
        await program.SendAsync(
            $"{Poll}Content-type: text/plain\r\nmessage-id: {id}\r\nContent-length: {Answer.Length}\r\n\r\n{Answer}");
        string received = await client.ReadAsync();
        Task<string> next = program.ReadAsync();
        await Eventually.TrueAsync(() => next.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        polled.Replace(id, "xxx", StringComparison.Ordinal).ShouldBe(
            "HTTP/1.1 200 OK\r\nContent-Length: 300\r\nContent-Type: text/plain\r\nDate: *\r\nServer: Kestrel\r\n"
            + "Cache-Control: no-store\r\nmessage-id: xxx\r\n\r\n"
            + "GET / HTTP/1.1\r\nHost: 127.0.0.1:65331\r\nAccept: text/plain;q=1,*/*;q=0\r\nAccept-Encoding: identity\r\n"
            + "Via: 1.1 tunnelrpc\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: 127.0.0.1:65331\r\nX-Forwarded-Proto: http\r\n"
            + "X-Forwarded-Prefix: /apps/shop\r\nForwarded: for=127.0.0.1;host=\"127.0.0.1:65331\";proto=http\r\n\r\n");
        received.ShouldBe(
            "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nContent-Type: text/plain\r\nDate: Tue, 13 May 2008 20:14:45 GMT\r\n"
            + "Server: Kestrel\r\n\r\n!dlrow ,olleH\r\n");
        (await next).ShouldBe("HTTP/1.1 204 No Content\r\nDate: *\r\nServer: Kestrel\r\nCache-Control: no-store\r\n\r\n");
    }

    // As "tunnelrpc serve" listens: with the middleware that adds Connection to upgrades of 2008.
    private Task<GatewayApp> StartAsync() => GatewayApp.StartAsync(
        map: app => app.MapCometQueue("/comet/{name}", options => options.TimeProvider = _time),
        listen: listen => listen.UseReverseHttpHeads());

    [GeneratedRegex("\"message-id\":\"([^\"]+)\"")]
    private static partial Regex MessageId();

    [GeneratedRegex("message-id: ([^\r]+)\r\n")]
    private static partial Regex MessageIdField();
}
