using System.Net;
using TunnelRpc.Client;
using TunnelRpc.Faults.Tests.Servers;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Transports;

namespace TunnelRpc.Faults.Tests.Negotiation;

/// <summary>
/// All transports against one personality: who wins, and what is told of the others. An attempt may take longer than any test waits, so
/// whoever waited for one's ceiling would be found out.
/// </summary>
public sealed class WholeNegotiationTests(MatrixServer server) : IClassFixture<MatrixServer>
{
    private static readonly TimeSpan AttemptTimeout = 2 * TestTimeout.Default;

    public static TheoryData<FaultProfile, string> Reverse => new()
    {
        { FaultProfiles.Transparent, "upgrade" },
        { FaultProfiles.TcpOnly, "upgrade" },
        { FaultProfiles.ClosesOnHalfClose, "upgrade" },
        { FaultProfiles.OnlyWebSocket, "websocket" },
        { FaultProfiles.StripsUpgrade, "two-connection" },
        { FaultProfiles.RespondsAfterRequest, "two-connection" },
        { FaultProfiles.StripsUpgrade with { Name = "strips Upgrade, swallows 100", Continue = ContinueHandling.Suppress }, "n-plus-one" },
        { FaultProfiles.DelaysUploadsByOneWrite, "n-plus-one" },
        { FaultProfiles.BuffersUploads, "n-plus-one" },
        { FaultProfiles.BuffersUploadsWithoutContinue, "n-plus-one" },
        { FaultProfiles.BuffersDownloads, "long-poll" },
        { FaultProfiles.BufferingReverseProxy, "long-poll" },
        { FaultProfiles.DuplicatesPosts, "two-connection" },
        { FaultProfiles.StripsUpgrade with { Name = "strips Upgrade, closes after each request", MaxRequestsPerConnection = 1 }, "two-connection" },
        { FaultProfiles.BlackHolesTunnelUploads, "two-connection" },
        { FaultProfiles.BlackHolesTunnelDownloads, "two-connection" },
        { FaultProfiles.BlackHolesTunnels, "two-connection" },

        // The platform's HTTP client sends a GET again by itself when its connection closes without an answer.
        { FaultProfiles.Transparent with { Name = "drops the first answer", Requests = [RequestFault.DropResponse() with { Nth = 1 }] }, "upgrade" },
        { FaultProfiles.Transparent with { Name = "resets the first GET", Requests = [RequestFault.Reset() with { Method = "GET", Nth = 1 }] }, "websocket" },
    };

    [Theory]
    [MemberData(nameof(Reverse))]
    public async Task The_best_transport_that_passes_a_reverse_proxy_wins_without_waiting_for_those_that_hang(FaultProfile personality, string winner)
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, personality);
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o => o.AttemptTimeout = AttemptTimeout);

        await client.ConnectAsync().DefaultTimeout();

        string context = $"{proxy}: {client.Report}";
        client.Report!.Winner!.Transport.ShouldBe(winner, context);
        await CallBothWaysAsync(client, context);
    }

    [Fact]
    public async Task What_refuses_at_once_is_not_waited_for()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, FaultProfiles.StripsUpgrade);
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o =>
        {
            // Only a failure starts the next one: no attempt is begun because of the time.
            o.AttemptTimeout = AttemptTimeout;
            o.AttemptDelay = AttemptTimeout;
        });

        await client.ConnectAsync().DefaultTimeout();

        client.Report!.Attempts.TakeWhile(a => a.Outcome != AttemptOutcome.Won).ShouldAllBe(a => a.Outcome == AttemptOutcome.Failed, $"{proxy}: {client.Report}");
        Attempt(client, "upgrade").ShouldSatisfyAllConditions(a => a.HttpStatus.ShouldBe(426), a => a.Reason.ShouldContain("removed it"));
        Attempt(client, "websocket").HttpStatus.ShouldBe(426);
    }

    [Fact]
    public async Task An_immediate_close_starts_the_next_attempt_at_once()
    {
        FaultProfile personality = FaultProfiles.Transparent with { Name = "resets every GET", Requests = [RequestFault.Reset() with { Method = "GET" }] };
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, personality);
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o =>
        {
            o.AttemptTimeout = AttemptTimeout;
            o.AttemptDelay = AttemptTimeout;
        });

        await client.ConnectAsync().DefaultTimeout();

        client.Report!.Winner!.Transport.ShouldBe("reverse-http", $"{proxy}: {client.Report}");
    }

    [Fact]
    public async Task A_proxy_that_says_yes_and_delivers_nothing_is_reported_as_such()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, FaultProfiles.BlackHolesTunnels);
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o => UseOnly(o, "upgrade", "websocket"));

        var none = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        none.Report.Attempts.Select(a => a.Outcome).ShouldBe([AttemptOutcome.TimedOut, AttemptOutcome.TimedOut], $"{proxy}: {none.Report}");
        none.Report.Attempts.ShouldAllBe(a => a.Reason.Contains("the path opened, but its handshake got no reply"));
        proxy.Requests.Select(r => r.Status).ShouldBe([101, 101]);
    }

    [Fact]
    public async Task An_explicit_proxy_is_passed_by_connect()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, FaultProfiles.StripsUpgrade);
        await using TunnelClient client = MatrixServer.CreateClient(server.Http1, o =>
        {
            o.Proxy = proxy.Address;
            o.AttemptTimeout = AttemptTimeout;
        });

        await client.ConnectAsync().DefaultTimeout();

        client.Report!.Winner!.Transport.ShouldBe("connect", $"{proxy}: {client.Report}");
        await CallBothWaysAsync(client, proxy.ToString());
    }

    [Fact]
    public async Task Where_connect_is_forbidden_plain_requests_pass()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, FaultProfiles.ForbidsConnect);
        await using TunnelClient client = MatrixServer.CreateClient(server.Http1, o =>
        {
            o.Proxy = proxy.Address;
            o.AttemptTimeout = AttemptTimeout;
        });

        await client.ConnectAsync().DefaultTimeout();

        client.Report!.Winner!.Transport.ShouldBe("two-connection", $"{proxy}: {client.Report}");
        Attempt(client, "connect").ShouldSatisfyAllConditions(a => a.HttpStatus.ShouldBe(403), a => a.Reason.ShouldContain("many allow only port 443"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Credentials_open_a_proxy_that_wants_them(bool digest, bool closes)
    {
        var authentication = new ProxyAuthentication("me", "secret") { UsesDigest = digest, ClosesConnection = closes };
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, FaultProfiles.Transparent with { Authentication = authentication });
        await using TunnelClient client = MatrixServer.CreateClient(server.Http1, o =>
        {
            o.Proxy = proxy.Address;
            o.ProxyCredentials = new NetworkCredential("me", "secret");
            o.AttemptTimeout = AttemptTimeout;
        });

        await client.ConnectAsync().DefaultTimeout();

        client.Report!.Winner!.Transport.ShouldBe("connect", $"{proxy}: {client.Report}");
    }

    [Fact]
    public async Task When_nothing_passes_every_attempt_says_what_it_met()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, FaultProfiles.RefusesRequests(403));
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o => o.AttemptTimeout = AttemptTimeout);

        var none = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        none.Report.Attempts.Count.ShouldBe(HttpTransports.Default.Count);
        none.Report.Attempts.ShouldAllBe(a => a.Outcome == AttemptOutcome.Failed && a.Reason.Length > 0, $"{proxy}: {none.Report}");
        string[] overHttp1 = ["upgrade", "websocket", "reverse-http", "two-connection", "n-plus-one", "long-poll"];
        none.Report.Attempts.Where(a => overHttp1.Contains(a.Transport)).ShouldAllBe(a => a.HttpStatus == 403 && a.Reason.Contains("forbids"), $"{proxy}: {none.Report}");
    }

    [Fact]
    public async Task A_server_that_comes_back_is_reached_again()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, FaultProfiles.RefusesConnections);
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o => o.AttemptTimeout = AttemptTimeout);
        var none = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());
        none.Report.Attempts.Where(a => a.Transport != "connect").ShouldAllBe(a => a.Reason.Contains("no connection to"), $"{proxy}: {none.Report}");

        proxy.Profile = FaultProfiles.Transparent;
        await client.ConnectAsync().DefaultTimeout();

        client.Report!.Winner!.Transport.ShouldBe("upgrade");
    }

    private static PathAttempt Attempt(TunnelClient client, string transport) => client.Report!.Attempts.Single(a => a.Transport == transport);

    private static async Task CallBothWaysAsync(TunnelClient client, string? context)
    {
        IMatrixService service = client.Get<IMatrixService>();

        (await service.EchoAsync([1, 2, 3]).DefaultTimeout()).ShouldBe([1, 2, 3], context);
        (await service.CallBackAsync([1, 2, 3]).DefaultTimeout()).ShouldBe([3, 2, 1], context);
    }

    private static void UseOnly(TunnelClientOptions options, params string[] transports)
    {
        options.AttemptTimeout = TimeSpan.FromSeconds(1);
        options.ConnectTimeout = TimeSpan.Zero;
        foreach (ITransport other in options.Transports.Where(t => !transports.Contains(t.Name)).ToArray())
        {
            options.Transports.Remove(other);
        }
    }
}
