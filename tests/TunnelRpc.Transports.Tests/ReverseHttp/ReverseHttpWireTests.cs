using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.ReverseHttp;

/// <summary>The bytes on the wire are HTTP in both directions, and other bytes are refused.</summary>
public sealed class ReverseHttpWireTests : IDisposable
{
    private const string Upgrade = "POST /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\n"
        + "TunnelRpc-Version: 1\r\nContent-Length: 0\r\n\r\n";
    private const string Switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\n\r\n";
    private const string Response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Server_sends_a_request_and_both_bodies_stream_concurrently()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors());
        using RawPeer peer = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await peer.WriteAsync(Upgrade, TimeoutToken);

        string accepted = await peer.ReadHeadAsync(TimeoutToken);
        string request = await peer.ReadHeadAsync(TimeoutToken);
        await peer.WriteAsync(Response + "3;ignored=yes\r\nabc\r\n", TimeoutToken);
        ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        await connection.WriteAsync("hello", TimeoutToken);

        accepted.ShouldStartWith("HTTP/1.1 101 ");
        accepted.ShouldContain("\r\nUpgrade: PTTH/1.0\r\n");
        request.ShouldStartWith("POST /tunnel HTTP/1.1\r\nHost: ");
        request.ShouldContain("\r\nTransfer-Encoding: chunked\r\n");
        (await connection.ReadTextAsync(3, TimeoutToken)).ShouldBe("abc");
        (await peer.ReadAsync(10, TimeoutToken)).ShouldBe("5\r\nhello\r\n");
        await peer.WriteAsync("0\r\n\r\n", TimeoutToken);
        (await connection.ReadAsync(new byte[1], TimeoutToken)).ShouldBe(0);
        await connection.DisposeAsync();
        (await peer.ReadToEndAsync(TimeoutToken)).ShouldBe("0\r\n\r\n");
    }

    [Fact]
    public async Task Client_upgrades_without_body_and_responds_to_the_server_request()
    {
        using RawServer server = new();
        Task<ITransportConnection> connecting = new ReverseHttpTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask();
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);

        string upgrade = await peer.ReadHeadAsync(TimeoutToken);
        await peer.WriteAsync(Switching + "POST /any HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n", TimeoutToken);
        string response = await peer.ReadHeadAsync(TimeoutToken);
        ITransportConnection connection = await connecting;

        upgrade.ShouldStartWith("POST /tunnel HTTP/1.1\r\n");
        upgrade.ShouldContain("\r\nConnection: Upgrade\r\n");
        upgrade.ShouldContain("\r\nUpgrade: PTTH/1.0\r\n");
        upgrade.ShouldContain("\r\nTunnelRpc-Version: 1\r\n");
        upgrade.ShouldContain("\r\nContent-Length: 0\r\n");
        response.ShouldStartWith("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n");
        (await connection.ReadTextAsync(2, TimeoutToken)).ShouldBe("hi");
        await connection.WriteAsync("yes", TimeoutToken);
        (await peer.ReadAsync(8, TimeoutToken)).ShouldBe("3\r\nyes\r\n");
        await connection.DisposeAsync();
        (await peer.ReadToEndAsync(TimeoutToken)).ShouldBe("0\r\n\r\n");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: c\r\n\r\n", "POST")]
    [InlineData("POST / HTTP/1.1\r\nHost: c\r\nContent-Length: 5\r\n\r\n", "Content-Length")]
    [InlineData("POST / HTTP/1.1\nHost: c\n\n", "CR LF")]
    [InlineData("\u0016\u0003\u0001\r\n\r\n", "request line")]
    public async Task Malformed_server_request_is_reported(string request, string message)
    {
        using RawServer server = new();
        Task<ITransportConnection> connecting = new ReverseHttpTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask();
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);

        await peer.WriteAsync(Switching + request, TimeoutToken);

        (await Should.ThrowAsync<TransportException>(() => connecting)).Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task Malformed_client_response_ends_only_its_own_connection(string response)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors());
        using RawPeer peer = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await peer.WriteAsync(Upgrade, TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);

        await peer.WriteAsync(response, TimeoutToken);

        (await peer.ReadToEndAsync(TimeoutToken)).ShouldBeEmpty();
        await using ITransportConnection next = await new ReverseHttpTransport().ConnectAsync(server.Endpoint, TimeoutToken);
        next.Info.Transport.ShouldBe("reverse-http");
    }

    [Fact]
    public async Task Client_without_response_is_aborted_after_the_timeout()
    {
        ManualTimeProvider time = new();
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors(time));
        using RawPeer peer = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await peer.WriteAsync(Upgrade, TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);

        time.Advance(ReverseHttpTransportAcceptor.ResponseTimeout);

        (await peer.ReadToEndAsync(TimeoutToken)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("1\r\nxy")]
    public async Task Malformed_chunked_body_fails_the_read_with_a_message(string body)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors());
        using RawPeer peer = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await peer.WriteAsync(Upgrade + string.Empty, TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);
        await peer.WriteAsync(Response + body, TimeoutToken);
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);

        TransportException failure = await Should.ThrowAsync<TransportException>(() => connection.ReadTextAsync(2, TimeoutToken));

        failure.Message.ShouldContain("Expected ");
    }

    [Fact]
    public async Task Connection_cut_inside_a_body_fails_the_read()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors());
        RawPeer peer = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await peer.WriteAsync(Upgrade, TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);
        await peer.WriteAsync(Response + "5\r\nab", TimeoutToken);
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        (await connection.ReadTextAsync(2, TimeoutToken)).ShouldBe("ab");

        peer.Dispose();

        await Should.ThrowAsync<TransportException>(() => connection.ReadAsync(new byte[1], TimeoutToken).AsTask());
    }
}
