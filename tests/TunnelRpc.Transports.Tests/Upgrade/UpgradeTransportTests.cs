using System.Net;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Transports.Tests.Upgrade;

public sealed class UpgradeTransportTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData("200 OK", 200, true, "instead of 101 Switching Protocols: an intermediary removed the Upgrade header")]
    [InlineData("426 Upgrade Required", 426, true, "an intermediary removed it")]
    [InlineData("404 Not Found", 404, true, "no tunnel is mapped at this address")]
    [InlineData("403 Forbidden", 403, true, "forbids")]
    [InlineData("401 Unauthorized", 401, true, "credentials")]
    [InlineData("302 Found\r\nLocation: http://other.example/", 302, true, "redirects to http://other.example/")]
    [InlineData("429 Too Many Requests", 429, false, "429")]
    [InlineData("502 Bad Gateway", 502, false, "502")]
    [InlineData("503 Service Unavailable", 503, false, "no capacity")]
    public async Task Refusal_has_a_descriptive_message(string response, int status, bool isPermanent, string message)
    {
        TransportException failure = await ConnectToAsync($"HTTP/1.1 {response}\r\nContent-Length: 0\r\n\r\n");

        failure.HttpStatus.ShouldBe(status);
        failure.IsPermanent.ShouldBe(isPermanent);
        failure.Message.ShouldStartWith("upgrade: ");
        failure.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "not HTTP")]
    [InlineData("\0\0\0\0\0\0\0\0\r\n\r\n", "not HTTP")]
    [InlineData("", "without a response")]
    public async Task Non_http_response_has_a_descriptive_message(string response, string message)
    {
        TransportException failure = await ConnectToAsync(response);

        failure.HttpStatus.ShouldBeNull();
        failure.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Upgrade_to_another_protocol_is_refused()
    {
        TransportException failure = await ConnectToAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
            + "websocket\r\n\r\n");

        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("\"Upgrade: websocket\" instead of \"tunnelrpc\"");
    }

    [Fact]
    public async Task Only_the_request_is_sent_before_the_101()
    {
        using RawServer server = new();
        TunnelEndpoint endpoint = server.Endpoint with { Headers = [new("Authorization", "Bearer t")] };
        Task<ITransportConnection> connecting = new UpgradeTransport().ConnectAsync(endpoint, TimeoutToken).AsTask();
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);

        string head = await peer.ReadHeadAsync(TimeoutToken);
        await peer.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: TunnelRpc\r\n\r\nfirst", TimeoutToken);

        head.ShouldStartWith("GET /tunnel HTTP/1.1\r\n");
        head.ShouldContain("\r\nConnection: Upgrade\r\n");
        head.ShouldContain("\r\nUpgrade: tunnelrpc\r\n");
        head.ShouldContain("\r\nAuthorization: Bearer t\r\n");
        await using ITransportConnection connection = await connecting;
        (await connection.ReadTextAsync(5, TimeoutToken)).ShouldBe("first");
        await connection.WriteAsync(ConnectionOperations.CountingSegments(4, 3), TimeoutToken);
        (await peer.ReadAsync(7, TimeoutToken)).ShouldBe("\0\u0001\u0002\u0003\u0004\u0005\u0006");
    }

    [Fact]
    public async Task Removed_upgrade_header_is_reported()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors());
        await using ConnectProxy proxy = ConnectProxy.Start();

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new UpgradeTransport().ConnectAsync(server.Endpoint with { Proxy = proxy.Address }, TimeoutToken).AsTask());

        failure.HttpStatus.ShouldBe((int)HttpStatusCode.UpgradeRequired);
        failure.IsPermanent.ShouldBeTrue();
        proxy.Heads.ShouldHaveSingleItem().ShouldStartWith($"GET {server.Address} HTTP/1.1\r\n");
    }

    [Fact]
    public async Task Https_address_with_a_proxy_is_refused_in_favor_of_connect()
    {
        TunnelEndpoint endpoint = new(new Uri("https://server.invalid/tunnel")) { Proxy = new Uri("http://proxy.invalid:3128") };

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new UpgradeTransport().ConnectAsync(endpoint, TimeoutToken).AsTask());

        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("\"connect\"");
    }

    [Fact]
    public async Task Untrusted_tls_certificate_is_accepted_by_the_callback_only()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors(), tls: true);
        TunnelEndpoint trusting = server.Endpoint with
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
        };

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new UpgradeTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask());
        await using ITransportConnection client = await new UpgradeTransport().ConnectAsync(trusting, TimeoutToken);

        failure.Message.ShouldContain("TLS");
        TransportCertificate certificate = client.Info.ServerCertificate.ShouldNotBeNull();
        certificate.ShouldBe(new TransportCertificate("CN=localhost", "CN=localhost", certificate.Thumbprint));
        certificate.Thumbprint.Length.ShouldBe(64);
        await using ITransportConnection accepted = await server.AcceptAsync(TimeoutToken);
        await client.WriteAsync("sealed", TimeoutToken);
        (await accepted.ReadTextAsync(6, TimeoutToken)).ShouldBe("sealed");
    }

    // Sends the same response on every connection: the HTTP client retries a GET without a response several times.
    private async Task<TransportException> ConnectToAsync(string response)
    {
        using RawServer server = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TimeoutToken);
        Task responding = RespondToAllAsync(server, response, stop.Token);
        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new UpgradeTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask());
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => responding);
        return failure;
    }

    private static async Task RespondToAllAsync(RawServer server, string response, CancellationToken cancellationToken)
    {
        while (true)
        {
            using RawPeer peer = await server.AcceptAsync(cancellationToken);
            await peer.ReadHeadAsync(cancellationToken);
            await peer.WriteAsync(response, cancellationToken);
        }
    }
}
