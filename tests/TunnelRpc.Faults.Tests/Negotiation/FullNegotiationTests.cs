using System.Net;
using TunnelRpc.Client;
using TunnelRpc.Faults.Tests.Servers;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Transports;

namespace TunnelRpc.Faults.Tests.Negotiation;

/// <summary>
/// All transports with one fault profile: the winner, and the report of the other attempts. The timeout of an attempt is longer than the
/// timeout of a test, so a negotiation that waits for an attempt's timeout fails the test.
/// </summary>
public sealed class FullNegotiationTests(MatrixServer server) : IClassFixture<MatrixServer>
{
    private static readonly TimeSpan AttemptTimeout = 2 * TestTimeout.Default;

    public static TheoryData<FaultProfile, string> ReverseProxies => new()
    {
        { FaultProfiles.Transparent, "upgrade" },
        { FaultProfiles.TcpOnly, "upgrade" },
        { FaultProfiles.ClosesOnHalfClose, "upgrade" },
        { FaultProfiles.OnlyWebSocket, "websocket" },
        { FaultProfiles.StripsUpgrade, "two-connection" },
        { FaultProfiles.RespondsAfterRequest, "two-connection" },
        {
            FaultProfiles.StripsUpgrade with { Name = "strips Upgrade, suppresses 100", Continue = ContinueHandling.Suppress },
            "n-plus-one"
        },
        { FaultProfiles.DelaysUploadsByOneWrite, "n-plus-one" },
        { FaultProfiles.BuffersUploads, "n-plus-one" },
        { FaultProfiles.BuffersUploadsWithoutContinue, "n-plus-one" },
        { FaultProfiles.BuffersDownloads, "long-poll" },
        { FaultProfiles.BufferingReverseProxy, "long-poll" },
        { FaultProfiles.DuplicatesPosts, "two-connection" },
        {
            FaultProfiles.StripsUpgrade with { Name = "strips Upgrade, closes after each request", MaxRequestsPerConnection = 1 },
            "two-connection"
        },
        { FaultProfiles.BlackHolesTunnelUploads, "two-connection" },
        { FaultProfiles.BlackHolesTunnelDownloads, "two-connection" },
        { FaultProfiles.BlackHolesTunnels, "two-connection" },

        // The platform's HTTP client retries a GET when its connection closes without a response.
        {
            FaultProfiles.Transparent with { Name = "drops the first response", Requests = [RequestFault.DropResponse() with { Nth = 1 }] },
            "upgrade"
        },
        {
            FaultProfiles.Transparent with
            {
                Name = "resets the first GET",
                Requests = [RequestFault.Reset() with { Method = "GET", Nth = 1 }],
            },
            "websocket"
        },
    };

    [Theory]
    [MemberData(nameof(ReverseProxies))]
    public async Task Best_working_transport_wins_without_waiting_for_hanging_attempts(FaultProfile profile, string winner)
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, profile);
        using var reports = new ReportRecorder();
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o => o.AttemptTimeout = AttemptTimeout, reports);

        await client.ConnectAsync().DefaultTimeout();
        PathReport report = reports.First;

        string context = $"{proxy}: {report}";
        report.Winner!.Transport.ShouldBe(winner, context);
        await CallInBothDirectionsAsync(client, context);
    }

    [Fact]
    public async Task Immediate_refusal_starts_the_next_attempt()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, FaultProfiles.StripsUpgrade);
        using var reports = new ReportRecorder();
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o =>
        {
            // Only a failure starts the next attempt: AttemptDelay does not elapse within the test.
            o.AttemptTimeout = AttemptTimeout;
            o.AttemptDelay = AttemptTimeout;
        }, reports);

        await client.ConnectAsync().DefaultTimeout();
        PathReport report = reports.First;

        report.Attempts.TakeWhile(a => a.Outcome != AttemptOutcome.Won)
            .ShouldAllBe(a => a.Outcome == AttemptOutcome.Failed, $"{proxy}: {report}");
        Attempt(report, "upgrade").ShouldSatisfyAllConditions(a => a.HttpStatus.ShouldBe(426), a => a.Reason.ShouldContain("removed it"));
        Attempt(report, "websocket").HttpStatus.ShouldBe(426);
    }

    [Fact]
    public async Task Immediate_close_starts_the_next_attempt()
    {
        FaultProfile profile = FaultProfiles.Transparent with
        {
            Name = "resets every GET",
            Requests = [RequestFault.Reset() with { Method = "GET" }],
        };
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, profile);
        using var reports = new ReportRecorder();
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o =>
        {
            o.AttemptTimeout = AttemptTimeout;
            o.AttemptDelay = AttemptTimeout;
        }, reports);

        await client.ConnectAsync().DefaultTimeout();
        PathReport report = reports.First;

        report.Winner!.Transport.ShouldBe("reverse-http", $"{proxy}: {report}");
    }

    [Fact]
    public async Task Black_hole_tunnel_is_reported_as_handshake_timeout()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, FaultProfiles.BlackHolesTunnels);
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o => UseOnly(o, "upgrade", "websocket"));

        var failure = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        string context = $"{proxy}: {failure.Report}";
        failure.Report.Attempts.Select(a => a.Outcome).ShouldBe([AttemptOutcome.TimedOut, AttemptOutcome.TimedOut], context);
        failure.Report.Attempts.ShouldAllBe(a => a.Reason.Contains("the path opened, but its handshake got no reply"));
        proxy.Requests.Select(r => r.Status).ShouldBe([101, 101]);
    }

    [Fact]
    public async Task Explicit_proxy_is_used_by_connect()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, FaultProfiles.StripsUpgrade);
        using var reports = new ReportRecorder();
        await using TunnelClient client = MatrixServer.CreateClient(server.Http1, o =>
        {
            o.Proxy = proxy.Address;
            o.AttemptTimeout = AttemptTimeout;
        }, reports);

        await client.ConnectAsync().DefaultTimeout();
        PathReport report = reports.First;

        report.Winner!.Transport.ShouldBe("connect", $"{proxy}: {report}");
        await CallInBothDirectionsAsync(client, proxy.ToString());
    }

    [Fact]
    public async Task Forbidden_connect_falls_back_to_forwarded_requests()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, FaultProfiles.ForbidsConnect);
        using var reports = new ReportRecorder();
        await using TunnelClient client = MatrixServer.CreateClient(server.Http1, o =>
        {
            o.Proxy = proxy.Address;
            o.AttemptTimeout = AttemptTimeout;
        }, reports);

        await client.ConnectAsync().DefaultTimeout();
        PathReport report = reports.First;

        report.Winner!.Transport.ShouldBe("two-connection", $"{proxy}: {report}");
        Attempt(report, "connect").ShouldSatisfyAllConditions(
            a => a.HttpStatus.ShouldBe(403), a => a.Reason.ShouldContain("many allow only port 443"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Proxy_with_authentication_is_used_with_credentials(bool digest, bool closes)
    {
        var authentication = new ProxyAuthentication("me", "secret") { UsesDigest = digest, ClosesConnection = closes };
        FaultProfile profile = FaultProfiles.Transparent with { Authentication = authentication };
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, profile);
        using var reports = new ReportRecorder();
        await using TunnelClient client = MatrixServer.CreateClient(server.Http1, o =>
        {
            o.Proxy = proxy.Address;
            o.ProxyCredentials = new NetworkCredential("me", "secret");
            o.AttemptTimeout = AttemptTimeout;
        }, reports);

        await client.ConnectAsync().DefaultTimeout();
        PathReport report = reports.First;

        report.Winner!.Transport.ShouldBe("connect", $"{proxy}: {report}");
    }

    [Fact]
    public async Task Failed_negotiation_reports_the_reason_of_every_attempt()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, FaultProfiles.RefusesRequests(403));
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o => o.AttemptTimeout = AttemptTimeout);

        var failure = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        failure.Report.Attempts.Count.ShouldBe(HttpTransports.Default.Count);
        string context = $"{proxy}: {failure.Report}";
        failure.Report.Attempts.ShouldAllBe(a => a.Outcome == AttemptOutcome.Failed && a.Reason.Length > 0, context);
        string[] overHttp1 = ["upgrade", "websocket", "reverse-http", "two-connection", "n-plus-one", "long-poll"];
        failure.Report.Attempts.Where(a => overHttp1.Contains(a.Transport))
            .ShouldAllBe(a => a.HttpStatus == 403 && a.Reason.Contains("forbids"), context);
    }

    [Fact]
    public async Task Recovered_server_is_reached_at_the_next_connect()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(server.Http1, FaultProfiles.RefusesConnections);
        await using TunnelClient client = MatrixServer.CreateClient(proxy.Address, o => o.AttemptTimeout = AttemptTimeout);
        var failure = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());
        failure.Report.Attempts.Where(a => a.Transport != "connect")
            .ShouldAllBe(a => a.Reason.Contains("no connection to"), $"{proxy}: {failure.Report}");

        proxy.Profile = FaultProfiles.Transparent;
        await client.ConnectAsync().DefaultTimeout();

        client.Report!.Winner!.Transport.ShouldBe("upgrade");
    }

    private static PathAttempt Attempt(PathReport report, string transport) =>
        report.Attempts.Single(a => a.Transport == transport);

    private static async Task CallInBothDirectionsAsync(TunnelClient client, string? context)
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
