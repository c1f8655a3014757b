using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using TunnelRpc.Transports.ExtendedConnect;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Tests.Http;

/// <summary>TLS and the selection of the HTTP version: certificates, and the messages of failures.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public static TheoryData<string> Names() => [.. HttpTransports.Default.Select(transport => transport.Name)];

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Certificates_of_both_sides_are_available_with_every_transport(string name)
    {
        using X509Certificate2 clientCertificate = TestCertificates.Create("CN=agent");
        await using TransportTestServer server = await TransportTestServer.StartAsync(
            HttpTransports.CreateAcceptors(),
            tls: true,
            https: options =>
            {
                options.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                options.AllowAnyClientCertificate();
            });
        await using ConnectProxy proxy = ConnectProxy.Start();
        TunnelEndpoint endpoint = Trusting(server.Endpoint) with
        {
            ClientCertificates = [clientCertificate],
            Proxy = name == "connect" ? proxy.Address : null,
        };
        Task<ITransportConnection> accepting = server.AcceptAsync(TimeoutToken).AsTask();

        ITransport transport = HttpTransports.Default.Single(transport => transport.Name == name);
        await using ITransportConnection client = await transport.ConnectAsync(endpoint, TimeoutToken);
        await using ITransportConnection accepted = await accepting;

        accepted.Info.User?.Identity?.Name.ShouldBe("CN=agent");
        client.Info.ServerCertificate.ShouldNotBeNull().Subject.ShouldBe("CN=localhost");
    }

    [Fact]
    public async Task Refused_certificate_is_named_with_its_errors()
    {
        using X509Certificate2 expired = TestCertificates.Create("CN=elsewhere", DateTimeOffset.UnixEpoch.AddYears(1));
        await using TransportTestServer server = await TransportTestServer.StartAsync(
            [], tls: true, https: options => options.ServerCertificate = expired);

        TransportException failure = await ConnectAndFailAsync(new UpgradeTransport(), server.Endpoint);

        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("the certificate CN=elsewhere, issued by CN=elsewhere, was refused: it is for another name");
        failure.Message.ShouldContain("not valid at this time");
    }

    [Fact]
    public async Task Https_address_of_a_plain_port_is_reported()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync([]);
        TunnelEndpoint endpoint = new(new UriBuilder(server.Address) { Scheme = "https" }.Uri);

        TransportException failure = await ConnectAndFailAsync(new UpgradeTransport(), endpoint);

        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("is not TLS");
        failure.Message.ShouldContain("is the address an http one?");
    }

    [Fact]
    public async Task Http_address_of_a_tls_port_is_reported()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync([], tls: true);
        TunnelEndpoint endpoint = new(new UriBuilder(server.Address) { Scheme = "http" }.Uri);

        TransportException failure = await ConnectAndFailAsync(new UpgradeTransport(), endpoint);

        failure.Message.ShouldContain("is the address an https one?");
    }

    [Theory]
    [InlineData(true, true, "does not offer HTTP/2 in the TLS handshake (ALPN)")]
    [InlineData(false, true, "does not offer HTTP/2 in the TLS handshake (ALPN)")]
    [InlineData(true, false, "does not speak HTTP/2 here")]
    [InlineData(false, false, "does not speak HTTP/2 here")]
    public async Task Server_without_http2_is_reported_as_permanent(bool post, bool tls, string text)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(
            HttpTransports.CreateAcceptors(), tls: tls, protocols: HttpProtocols.Http1);

        TransportException failure = await ConnectAndFailAsync(Http2(post), Trusting(server.Endpoint));

        failure.Message.ShouldContain(text);
        failure.IsPermanent.ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refusal_of_http2_before_the_request_is_reported_as_permanent(bool post)
    {
        using RawServer server = new();
        Task<TransportException> failing = ConnectAndFailAsync(Http2(post), server.Endpoint);
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);

        // GOAWAY with HTTP_1_1_REQUIRED, as Kestrel sends it. The client may read it before it has sent a request, or after.
        await peer.WriteAsync("\0\0\u0008\u0007\0\0\0\0\0\0\0\0\0\0\0\0\r", TimeoutToken);

        TransportException failure = await failing;
        failure.Message.ShouldContain("does not speak HTTP/2 here");
        failure.IsPermanent.ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Http2_server_that_ends_new_connections_is_not_reported_as_permanent(bool post)
    {
        using RawServer server = new();
        Task<TransportException> failing = ConnectAndFailAsync(Http2(post), server.Endpoint);
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);

        // SETTINGS, then GOAWAY with NO_ERROR, as a server that shuts down.
        await peer.WriteAsync("\0\0\0\u0004\0\0\0\0\0\0\0\u0008\u0007\0\0\0\0\0\0\0\0\0\0\0\0\0", TimeoutToken);
        peer.Dispose();

        TransportException failure = await failing;
        failure.IsPermanent.ShouldBeFalse(failure.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Http1_response_to_http2_is_reported(bool post)
    {
        using RawServer server = new();
        Task<TransportException> failing = ConnectAndFailAsync(Http2(post), server.Endpoint);
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);

        await peer.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", TimeoutToken);

        TransportException failure = await failing;
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("is not HTTP/2");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Http2_to_an_http_address_with_a_proxy_is_refused(bool post)
    {
        TunnelEndpoint endpoint = new(new Uri("http://127.0.0.1:9/tunnel")) { Proxy = new Uri("http://127.0.0.1:9") };

        TransportException failure = await ConnectAndFailAsync(Http2(post), endpoint);

        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("in HTTP/1.1 only");
    }

    [Fact]
    public async Task Front_end_without_extended_connect_is_reported_as_permanent()
    {
        using RawServer server = new();
        Task<TransportException> failing = ConnectAndFailAsync(new ExtendedConnectTransport(), server.Endpoint);
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);

        // An empty SETTINGS frame.
        await peer.WriteAsync("\0\0\0\u0004\0\0\0\0\0", TimeoutToken);

        TransportException failure = await failing;
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("does not offer extended CONNECT");
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("upgrade")]
    public async Task Upgrade_to_an_https_address_with_a_proxy_is_refused_in_favor_of_connect(string name)
    {
        TunnelEndpoint endpoint = new(new Uri("https://server.invalid/tunnel")) { Proxy = new Uri("http://proxy.invalid:3128") };

        ITransport transport = name == "websocket" ? new WebSocketTransport() : new UpgradeTransport();
        TransportException failure = await ConnectAndFailAsync(transport, endpoint);

        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("use the transport \"connect\"");
    }

    [Fact]
    public async Task Response_without_preamble_is_reported()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(
            [new EmptyResponseAcceptor()], protocols: HttpProtocols.Http2);

        TransportException failure = await ConnectAndFailAsync(new Http2PostTransport(), server.Endpoint);

        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("does not start with a tunnel's preamble");
    }

    private static ITransport Http2(bool post) => post ? new Http2PostTransport() : new ExtendedConnectTransport();

    private static TunnelEndpoint Trusting(TunnelEndpoint endpoint)
        => endpoint with { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost" };

    private async Task<TransportException> ConnectAndFailAsync(ITransport transport, TunnelEndpoint endpoint)
    {
        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => transport.ConnectAsync(endpoint, TimeoutToken).AsTask());
        failure.Message.ShouldStartWith(transport.Name + ": ");
        return failure;
    }

    private sealed class EmptyResponseAcceptor : ITransportAcceptor
    {
        public string Name => "http2-post";

        public bool CanAccept(IHttpExchange exchange) => true;

        public ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ITransportConnection?>(null);
    }
}
