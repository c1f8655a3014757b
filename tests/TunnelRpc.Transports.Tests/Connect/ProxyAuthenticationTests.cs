using System.Net;
using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.ExtendedConnect;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Tests.Connect;

/// <summary>Authentication with proxies, and the transports inside a proxy's tunnel.</summary>
public sealed class ProxyAuthenticationTests : IDisposable
{
    private static readonly NetworkCredential Credentials = new("ada", "pass");

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData("MD5", false)]
    [InlineData("MD5", true)]
    [InlineData("SHA-256", false)]
    [InlineData("SHA-256", true)]
    public async Task Digest_challenge_is_answered(string algorithm, bool stale)
    {
        DigestChallenge digest = new(Credentials, algorithm, stale);
        await using ConnectProxy proxy = ConnectProxy.Start(digest.Check);

        await ConnectAndWriteAsync(proxy);

        proxy.Heads.Count.ShouldBe(stale ? 3 : 2);
        proxy.Heads.ShouldAllBe(head => !head.Contains("pass", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Proxy_without_second_response_on_a_connection_gets_a_new_connection()
    {
        await using ConnectProxy proxy = ConnectProxy.Start(ConnectProxy.Basic(Credentials, "Basic realm=\"x\""), oneRequest: true);

        await ConnectAndWriteAsync(proxy);

        proxy.Heads.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Failed_negotiate_falls_back_to_basic()
    {
        await using ConnectProxy proxy = ConnectProxy.Start(ConnectProxy.Basic(Credentials, "Negotiate, Basic realm=\"x\""));

        await ConnectAndWriteAsync(proxy);
    }

    [Theory]
    [InlineData("Negotiate", "(Negotiate), and the authentication failed")]
    [InlineData("NTLM", "(NTLM), and the authentication failed")]
    [InlineData("Bearer", "with an unsupported scheme; supported are Basic, Digest")]
    [InlineData("Basic realm=\"x\"", "refused the configured credentials (Basic)")]
    public async Task Unusable_scheme_is_named_in_the_message(string challenge, string text)
    {
        await using ConnectProxy proxy = ConnectProxy.Start(_ => challenge);

        TransportException failure = await ConnectAndFailAsync(proxy.Address, Credentials);

        failure.HttpStatus.ShouldBe(407);
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain(text);
    }

    [Fact]
    public async Task Missing_credentials_message_names_the_offered_schemes()
    {
        await using ConnectProxy proxy = ConnectProxy.Start(_ => "Digest realm=\"x\", nonce=\"y\", Basic realm=\"x\"");

        TransportException failure = await ConnectAndFailAsync(proxy.Address, null);

        failure.Message.ShouldContain("requires credentials (Digest, Basic), and none are configured");
    }

    [Fact]
    public async Task Proxy_that_closes_after_407_and_responds_401_is_reported_as_refused_credentials()
    {
        using RawServer proxy = new();
        Task<TransportException> failing = ConnectAndFailAsync(new Uri(proxy.Endpoint.Address.GetLeftPart(UriPartial.Authority)), Credentials);
        using (RawPeer first = await proxy.AcceptAsync(TimeoutToken))
        {
            await first.ReadHeadAsync(TimeoutToken);
            await first.WriteAsync("HTTP/1.0 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic "
                + "realm=\"x\"\r\n\r\n<html>", TimeoutToken);
        }

        using RawPeer second = await proxy.AcceptAsync(TimeoutToken);
        string head = await second.ReadHeadAsync(TimeoutToken);
        await second.WriteAsync("HTTP/1.0 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", TimeoutToken);

        head.ShouldContain("Proxy-Authorization: Basic ");
        TransportException failure = await failing;
        failure.HttpStatus.ShouldBe(401);
        failure.Message.ShouldContain("refused the configured credentials (Basic)");
    }

    [Fact]
    public async Task Server_with_websocket_only_gets_a_websocket_in_the_tunnel()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync([new WebSocketTransportAcceptor()]);
        await using ConnectProxy proxy = ConnectProxy.Start();

        TunnelEndpoint endpoint = server.Endpoint with { Proxy = proxy.Address };
        await using ITransportConnection client = await new ConnectTransport().ConnectAsync(endpoint, TimeoutToken);
        await using ITransportConnection accepted = await server.AcceptAsync(TimeoutToken);
        await client.WriteAsync("inside", TimeoutToken);

        (await accepted.ReadTextAsync(6, TimeoutToken)).ShouldBe("inside");
        client.Info.Transport.ShouldBe("connect");
        accepted.Info.Transport.ShouldBe("websocket");
    }

    [Fact]
    public async Task Server_without_transports_is_reported_with_both_responses()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync([]);
        await using ConnectProxy proxy = ConnectProxy.Start();

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new ConnectTransport().ConnectAsync(server.Endpoint with { Proxy = proxy.Address }, TimeoutToken).AsTask());

        failure.HttpStatus.ShouldBe(426);
        failure.Message.ShouldContain("As WebSocket in a second tunnel: the response was 426");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Http2_through_a_proxy_with_authentication_connects(bool post)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors(), tls: true);
        await using ConnectProxy proxy = ConnectProxy.Start(Credentials);
        ITransport transport = post ? new Http2PostTransport() : new ExtendedConnectTransport();

        await using ITransportConnection client = await transport.ConnectAsync(Through(server, proxy), TimeoutToken);
        await using ITransportConnection accepted = await server.AcceptAsync(TimeoutToken);
        await client.WriteAsync("inside", TimeoutToken);

        (await accepted.ReadTextAsync(6, TimeoutToken)).ShouldBe("inside");
        proxy.Heads.ShouldAllBe(head => head.StartsWith("CONNECT ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("socks5://127.0.0.1:1080")]
    [InlineData("https://127.0.0.1:3128")]
    public async Task Unsupported_proxy_scheme_is_named_in_the_message(string proxy)
    {
        TransportException failure = await ConnectAndFailAsync(new Uri(proxy), null);

        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain($"the proxy {proxy} has an unsupported scheme");
    }

    private async Task ConnectAndWriteAsync(ConnectProxy proxy)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors(), tls: true);
        await using ITransportConnection client = await new ConnectTransport().ConnectAsync(Through(server, proxy), TimeoutToken);
        await using ITransportConnection accepted = await server.AcceptAsync(TimeoutToken);
        await client.WriteAsync("through", TimeoutToken);
        (await accepted.ReadTextAsync(7, TimeoutToken)).ShouldBe("through");
    }

    private async Task<TransportException> ConnectAndFailAsync(Uri proxy, NetworkCredential? credentials)
    {
        TunnelEndpoint endpoint = new(new Uri("http://127.0.0.1:9/tunnel")) { Proxy = proxy, ProxyCredentials = credentials };
        return await Should.ThrowAsync<TransportException>(() => new ConnectTransport().ConnectAsync(endpoint, TimeoutToken).AsTask());
    }

    private static TunnelEndpoint Through(TransportTestServer server, ConnectProxy proxy) => server.Endpoint with
    {
        Proxy = proxy.Address,
        ProxyCredentials = Credentials,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
    };
}
