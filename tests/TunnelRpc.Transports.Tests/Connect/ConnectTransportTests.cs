using System.Net;
using System.Text;
using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Connect;

public sealed class ConnectTransportTests : IDisposable
{
    private static readonly NetworkCredential Credentials = new("ada", "p\u00e4ss:word");

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Connect_without_proxy_fails_immediately()
    {
        TunnelEndpoint endpoint = new(new Uri("http://server.invalid/"));

        ValueTask<ITransportConnection> connecting = new ConnectTransport().ConnectAsync(endpoint, TimeoutToken);

        connecting.IsCompleted.ShouldBeTrue();
        TransportException failure = await Should.ThrowAsync<TransportException>(() => connecting.AsTask());
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldBe("connect: no proxy is configured.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Basic_credentials_after_407_are_sent_to_the_proxy_only(bool tls)
    {
        TaskCompletionSource<bool> hasCredentials = new();
        await using TransportTestServer server = await TransportTestServer.StartAsync([new RecordingAcceptor(hasCredentials)], tls: tls);
        await using ConnectProxy proxy = ConnectProxy.Start(new NetworkCredential("ada", "pass"));
        TunnelEndpoint endpoint = server.Endpoint with
        {
            Proxy = proxy.Address,
            ProxyCredentials = new NetworkCredential("ada", "pass"),
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
        };

        await using ITransportConnection client = await new ConnectTransport().ConnectAsync(endpoint, TimeoutToken);
        await using ITransportConnection accepted = await server.AcceptAsync(TimeoutToken);
        await client.WriteAsync("through", TimeoutToken);

        (await accepted.ReadTextAsync(7, TimeoutToken)).ShouldBe("through");
        (await hasCredentials.Task).ShouldBeFalse();
        client.Info.RemoteEndPoint.ShouldBe(proxy.Address.Authority);
        accepted.Info.Transport.ShouldBe("upgrade");
        string basic = Convert.ToBase64String(Encoding.ASCII.GetBytes("ada:pass"));
        proxy.Heads.Count.ShouldBe(2);
        proxy.Heads.ShouldAllBe(head => head.StartsWith($"CONNECT {server.Address.Authority} HTTP/1.1\r\n", StringComparison.Ordinal));
        proxy.Heads.Last().ShouldContain($"Proxy-Authorization: Basic {basic}\r\n");
    }

    [Theory]
    [InlineData(false, "none are configured")]
    [InlineData(true, "refused the configured credentials")]
    public async Task Unanswerable_407_is_permanent(bool withCredentials, string text)
    {
        await using ConnectProxy proxy = ConnectProxy.Start(Credentials);
        TunnelEndpoint endpoint = new(new Uri("http://127.0.0.1:9/tunnel"))
        {
            Proxy = proxy.Address,
            ProxyCredentials = withCredentials ? new NetworkCredential("eve", "guess") : null,
        };

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new ConnectTransport().ConnectAsync(endpoint, TimeoutToken).AsTask());

        failure.HttpStatus.ShouldBe(407);
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain(text);
        failure.Message.ShouldNotContain("guess");
    }

    [Theory]
    [InlineData(403, true, "does not allow CONNECT to 127.0.0.1:9")]
    [InlineData(502, false, "could not reach the server")]
    [InlineData(400, true, "does not offer CONNECT")]
    public async Task Connect_refused_by_the_proxy_has_a_descriptive_message(int status, bool isPermanent, string text)
    {
        await using ConnectProxy proxy = ConnectProxy.Start(status: status);
        TunnelEndpoint endpoint = new(new Uri("http://127.0.0.1:9/tunnel")) { Proxy = proxy.Address };

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new ConnectTransport().ConnectAsync(endpoint, TimeoutToken).AsTask());

        failure.HttpStatus.ShouldBe(status);
        failure.IsPermanent.ShouldBe(isPermanent);
        failure.Message.ShouldContain(text);
    }

    private sealed class RecordingAcceptor(TaskCompletionSource<bool> hasCredentials) : ITransportAcceptor
    {
        private readonly Transports.Upgrade.UpgradeTransportAcceptor _inner = new();

        public string Name => _inner.Name;

        public bool CanAccept(IHttpExchange exchange) => _inner.CanAccept(exchange);

        public ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
        {
            hasCredentials.SetResult(
                exchange.GetRequestHeader("Proxy-Authorization") is not null || exchange.GetRequestHeader("Authorization") is not null);
            return _inner.AcceptAsync(exchange, cancellationToken);
        }
    }
}
