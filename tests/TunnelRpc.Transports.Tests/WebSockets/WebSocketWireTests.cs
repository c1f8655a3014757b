using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Tests.WebSockets;

/// <summary>The bytes on the wire, and the requests, responses and frames that are refused.</summary>
public sealed class WebSocketWireTests : IDisposable
{
    // The example of RFC 6455, 1.3.
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Request_follows_RFC_6455_and_frames_are_masked()
    {
        using RawServer server = new();
        Task<ITransportConnection> connecting = new WebSocketTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask();
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);
        string head = await peer.ReadHeadAsync(TimeoutToken);
        await peer.WriteAsync(Response(AcceptOf(head)), TimeoutToken);

        await using ITransportConnection connection = await connecting;
        await connection.WriteAsync("abc", TimeoutToken);
        string frame = await peer.ReadAsync(9, TimeoutToken);

        head.ShouldStartWith("GET /tunnel HTTP/1.1\r\n");
        head.ShouldContain("\r\nConnection: Upgrade\r\n");
        head.ShouldContain("\r\nUpgrade: websocket\r\n");
        head.ShouldContain("\r\nSec-WebSocket-Version: 13\r\n");
        head.ShouldContain("\r\nSec-WebSocket-Protocol: tunnelrpc.1\r\n");
        head.ShouldNotContain("Sec-WebSocket-Extensions");
        frame[..2].ShouldBe("\u0082\u0083");
        new string([.. frame[6..].Select((letter, index) => (char)(letter ^ frame[2 + index]))]).ShouldBe("abc");
    }

    [Theory]
    [InlineData("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol: tunnelrpc.1\r\n", "does not match this request's key")]
    [InlineData(null, "", "instead of \"tunnelrpc.1\"")]
    [InlineData(null, "Sec-WebSocket-Protocol: chat\r\n", "is \"chat\" instead of")]
    [InlineData(null, "Sec-WebSocket-Protocol: tunnelrpc.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n", "none were offered")]
    public async Task Wrong_response_has_a_descriptive_message(string? accept, string fields, string message)
    {
        using RawServer server = new();
        Task<ITransportConnection> connecting = new WebSocketTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask();
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);
        string head = await peer.ReadHeadAsync(TimeoutToken);

        const string Switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
        await peer.WriteAsync($"{Switching}Sec-WebSocket-Accept: {accept ?? AcceptOf(head)}\r\n{fields}\r\n", TimeoutToken);

        TransportException failure = await Should.ThrowAsync<TransportException>(() => connecting);
        failure.HttpStatus.ShouldBe(101);
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldStartWith("websocket: ");
        failure.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version: 8", "426", "Expected Sec-WebSocket-Ver")]
    [InlineData("Sec-WebSocket-Key: c2hvcnQ=", "400", "Expected Sec-WebSocket-Key")]
    [InlineData("Sec-WebSocket-Key: ########################", "400", "Expected Sec-WebSocket-Key")]
    [InlineData("Sec-WebSocket-Protocol: chat", "400", "Expected Sec-WebSocket-Pro")]
    public async Task Wrong_request_is_refused_with_a_message(string header, string status, string message)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync([new WebSocketTransportAcceptor()]);
        using RawPeer peer = await RawPeer.ConnectAsync(server.Address, TimeoutToken);

        await peer.WriteAsync(Request(server, header) + "\r\n", TimeoutToken);

        string head = await peer.ReadHeadAsync(TimeoutToken);
        head.ShouldStartWith($"HTTP/1.1 {status} ");
        (await peer.ReadAsync(30, TimeoutToken)).ShouldContain(message);
    }

    [Theory]
    [InlineData("\u0081\u0083\0\0\0\0abc", "text message")]
    [InlineData("\u0082\u0003abcdef", "broke while reading")]
    [InlineData("\u0089\u00fe\0\u0080\0\0\0\0", "broke while reading")]
    [InlineData("\u00c2\u0083\0\0\0\0abc", "broke while reading")]
    public async Task Invalid_frame_ends_the_connection(string frame, string message)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync([new WebSocketTransportAcceptor()]);
        using RawPeer peer = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await peer.WriteAsync(Request(server, null) + "\r\n", TimeoutToken);
        string head = await peer.ReadHeadAsync(TimeoutToken);
        await using ITransportConnection accepted = await server.AcceptAsync(TimeoutToken);

        await peer.WriteAsync(frame, TimeoutToken);

        head.ShouldContain($"\r\nSec-WebSocket-Accept: {Accept}\r\n");
        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => accepted.ReadAsync(new byte[16], TimeoutToken).AsTask());
        failure.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("2.0", HttpProtocols.Http2)]
    [InlineData("1.1", HttpProtocols.Http1)]
    public async Task ClientWebSocket_connects_over_http1_and_http2(string version, HttpProtocols protocols)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(
            [new WebSocketTransportAcceptor()], protocols: protocols);
        using ClientWebSocket socket = new();
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler());
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("chat");
        socket.Options.AddSubProtocol("tunnelrpc.1");

        await socket.ConnectAsync(new UriBuilder(server.Address) { Scheme = "ws" }.Uri, invoker, TimeoutToken);
        await using ITransportConnection accepted = await server.AcceptAsync(TimeoutToken);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes("two fragments").AsMemory(0, 4), WebSocketMessageType.Binary, endOfMessage: false, TimeoutToken);
        await socket.SendAsync(Encoding.ASCII.GetBytes("fragments"), WebSocketMessageType.Binary, endOfMessage: true, TimeoutToken);

        (await accepted.ReadTextAsync(13, TimeoutToken)).ShouldBe("two fragments");
        await accepted.DisposeAsync();
        ValueWebSocketReceiveResult end = await socket.ReceiveAsync(new byte[16].AsMemory(), TimeoutToken);
        end.MessageType.ShouldBe(WebSocketMessageType.Close);
        socket.CloseStatus.ShouldBe(WebSocketCloseStatus.NormalClosure);
        socket.SubProtocol.ShouldBe("tunnelrpc.1");
    }

    [Fact]
    public async Task Removed_upgrade_header_is_reported()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors());
        await using ConnectProxy proxy = ConnectProxy.Start();

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new WebSocketTransport().ConnectAsync(server.Endpoint with { Proxy = proxy.Address }, TimeoutToken).AsTask());

        failure.HttpStatus.ShouldBe((int)HttpStatusCode.UpgradeRequired);
        failure.Message.ShouldContain("an intermediary removed it");
    }

    private static string Request(TransportTestServer server, string? replaced)
    {
        string[] headers = ["Sec-WebSocket-Version: 13", $"Sec-WebSocket-Key: {Key}", "Sec-WebSocket-Protocol: tunnelrpc.1"];
        string name = replaced?.Split(':')[0] ?? "none";
        string lines = string.Concat(headers.Select(header => (header.StartsWith(name, StringComparison.Ordinal) ? replaced : header) + "\r\n"));
        return $"GET /tunnel HTTP/1.1\r\nHost: {server.Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{lines}";
    }

    private static string AcceptOf(string head) =>
        WebSocketProtocol.ComputeAccept(head.Split("Sec-WebSocket-Key: ")[1].Split('\r')[0]);

    private static string Response(string accept)
        => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: tunnelrpc.1\r\n\r\n";
}
