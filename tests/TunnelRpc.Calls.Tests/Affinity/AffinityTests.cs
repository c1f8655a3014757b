using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Shouldly;
using TunnelRpc.Calls.Tests.Apps;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.ExtendedConnect;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;
using Xunit;

namespace TunnelRpc.Calls.Tests.Affinity;

/// <summary>A client, a reverse proxy with affinity by cookie, and two servers.</summary>
public sealed class AffinityTests : IAsyncDisposable
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    private readonly List<IAsyncDisposable> _started = [];

    public static TheoryData<string> Transports =>
    [
        "upgrade", "websocket", "reverse-http", "two-connection", "n-plus-one", "stream-poll", "long-poll", "connect", "http2-post",
        "extended-connect",
    ];

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable started in Enumerable.Reverse(_started))
        {
            await started.DisposeAsync();
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Session_resumes_at_its_server_whenever_its_path_is_cut(string transport)
    {
        (AffinityProxy proxy, GateApp[] servers) = await StartAsync(transport);
        ConnectProxy forwardProxy = ConnectProxy.Start();
        _started.Add(forwardProxy);

        // A request of another client, so that the servers of the first requests differ.
        await using TunnelClient other = await ConnectAsync(proxy, transport, forwardProxy);
        await using TunnelClient client = await ConnectAsync(proxy, transport, forwardProxy);
        GateApp server = servers.Single(s => s.Server.SessionIds.Contains(client.SessionId));
        string? session = client.SessionId;
        proxy.Cookies.Count(c => c.Length == 0).ShouldBe(2);

        for (int i = 0; i < 4; i++)
        {
            proxy.Cut();
            await WaitUntilAsync(() => client.State == TunnelClientState.Connected);
            (await client.Get<IGate>().WhoAsync().WaitAsync(HangTimeout)).ShouldEndWith(session!);
            client.SessionId.ShouldBe(session);
            server.Server.SessionIds.ShouldContain(session);
        }

        proxy.Cookies.Count(c => c.Length == 0).ShouldBe(2);
        proxy.Cookies.Where(c => c.Length > 0).ShouldAllBe(c => c.StartsWith(AffinityProxy.CookieName + "="));
        forwardProxy.Heads.ShouldAllBe(head => !head.Contains("Cookie", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Race_that_reaches_several_servers_keeps_the_cookie_of_its_winner()
    {
        (AffinityProxy proxy, _) = await StartAsync("upgrade");
        for (int i = 0; i < 6; i++)
        {
            await using TunnelClient client = await ConnectAsync(proxy, "upgrade", ConnectProxy.Start(), o =>
            {
                foreach (string transport in (string[])["websocket", "reverse-http", "n-plus-one", "long-poll"])
                {
                    o.Transports.Add(Create(transport));
                }

                o.AttemptDelay = TimeSpan.FromMilliseconds(1);
                o.PreferenceGrace = TimeSpan.FromSeconds(1);
            });
            string? session = client.SessionId;

            proxy.Cut();

            (await client.Get<IGate>().WhoAsync().WaitAsync(HangTimeout)).ShouldEndWith(session!);
            client.SessionId.ShouldBe(session);
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Cookies_of_refusals_are_sent_with_the_next_request(string transport)
    {
        (AffinityProxy proxy, _) = await StartAsync(transport);
        int refusals = 0;
        int[] statuses = [503, 429, 503];
        proxy.Refuse = _ => Interlocked.Increment(ref refusals) is var count && count <= statuses.Length ? statuses[count - 1] : null;

        await using TunnelClient client = await ConnectAsync(proxy, transport, ConnectProxy.Start());

        proxy.Cookies.Count(c => c.Length == 0).ShouldBe(1);
        proxy.Cookies.Count(c => c.Length > 0).ShouldBeGreaterThanOrEqualTo(statuses.Length);
    }

    [Theory, InlineData("upgrade"), InlineData("websocket"), InlineData("http2-post")]
    public async Task Without_cookies_a_resumption_reaches_another_server_and_says_so(string transport)
    {
        (AffinityProxy proxy, _) = await StartAsync(transport);
        await using TunnelClient client = await ConnectAsync(
            proxy, transport, ConnectProxy.Start(), o => (o.UseCookies, o.StayConnected) = (false, false));
        Task<string> running = StartEndlessCallAsync(client);

        proxy.Cut();

        TunnelException failure = await Should.ThrowAsync<TunnelException>(() => running.WaitAsync(HangTimeout));
        failure.ToString().ShouldContain("The request reached another server than the one of this session");
        failure.ToString().ShouldContain("UseCookies");
        failure.ToString().ShouldNotContain("ResumeWindow expired");
        proxy.Cookies.ShouldAllBe(c => c.Length == 0);
    }

    [Theory, InlineData("two-connection"), InlineData("n-plus-one"), InlineData("long-poll")]
    public async Task Without_cookies_a_leg_connection_fails_and_names_the_other_server(string transport)
    {
        (AffinityProxy proxy, _) = await StartAsync(transport);

        TunnelConnectException failure = await Should.ThrowAsync<TunnelConnectException>(() => ConnectAsync(
            proxy, transport, ConnectProxy.Start(), o => (o.UseCookies, o.ConnectTimeout) = (false, TimeSpan.Zero)));

        PathAttempt attempt = failure.Report.Attempts.ShouldHaveSingleItem();
        attempt.HttpStatus.ShouldBe(404);
        attempt.Reason.ShouldContain("the request reached another server than the one that opened this connection");
        attempt.Reason.ShouldContain("affinity");
        attempt.Reason.ShouldNotContain("no tunnel is mapped");
    }

    [Theory, InlineData("n-plus-one"), InlineData("long-poll")]
    public async Task Leg_connection_survives_a_rate_limit_that_asks_to_wait(string transport)
    {
        (AffinityProxy proxy, _) = await StartAsync(transport);
        await using TunnelClient client = await ConnectAsync(proxy, transport, ConnectProxy.Start());
        int refusals = 0;
        proxy.Refuse = context =>
        {
            if (context.Request.Method != "POST" || Interlocked.Increment(ref refusals) > 2)
            {
                return null;
            }

            context.Response.Headers.RetryAfter = "1";
            return 429;
        };

        (await client.Get<IGate>().WhoAsync().WaitAsync(HangTimeout)).ShouldEndWith(client.SessionId!);

        refusals.ShouldBeGreaterThan(2);
        client.Report!.Attempts.ShouldHaveSingleItem().Outcome.ShouldBe(AttemptOutcome.Won);
        client.Report.Attempts[0].Reason.ShouldBeEmpty();
    }

    [Theory, InlineData("upgrade"), InlineData("websocket"), InlineData("reverse-http")]
    public async Task Resumption_as_another_user_fails_and_does_not_claim_a_restart(string transport)
    {
        GateApp server = await GateApp.StartAsync(use: (app, _) => app.Use((context, next) =>
        {
            var name = new Claim(ClaimTypes.Name, context.Request.Headers.Authorization.ToString());
            context.User = new ClaimsPrincipal(new ClaimsIdentity([name], "test"));
            return next(context);
        }));
        _started.Add(server);
        AffinityProxy proxy = await AffinityProxy.StartAsync(HttpProtocols.Http1, server.Address);
        _started.Add(proxy);
        string token = "ada";
        await using TunnelClient client = await ConnectAsync(proxy, transport, ConnectProxy.Start(), o =>
        {
            o.StayConnected = false;
            o.AccessTokenProvider = _ => ValueTask.FromResult<string?>(token);
        });
        Task<string> running = StartEndlessCallAsync(client);
        await server.Counter.Running.Task.WaitAsync(HangTimeout);

        token = "eve";
        proxy.Cut();

        TunnelException failure = await Should.ThrowAsync<TunnelException>(() => running.WaitAsync(HangTimeout));
        failure.ToString().ShouldContain("The server has not restarted, and does not know this session for this user");
        server.Server.SessionIds.ShouldHaveSingleItem("the session waits for its own user");
    }

    [Fact]
    public async Task Cookie_header_of_the_application_is_sent_beside_the_received_ones()
    {
        (AffinityProxy proxy, _) = await StartAsync("long-poll");

        await using TunnelClient client = await ConnectAsync(
            proxy, "long-poll", ConnectProxy.Start(), o => o.Headers["Cookie"] = "mine=1; other=2");

        string[] cookies = [.. proxy.Cookies];
        cookies[0].ShouldBe("mine=1; other=2");
        cookies.Skip(1).ShouldAllBe(c => c.StartsWith("mine=1; other=2; affinity="));
    }

    private static async Task<string> StartEndlessCallAsync(TunnelClient client)
    {
        await client.Get<IGate>().RunUntilCancelledAsync();
        return "ended";
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        long start = Environment.TickCount64;
        while (!condition() && Environment.TickCount64 - start < HangTimeout.TotalMilliseconds)
        {
            await Task.Delay(20);
        }
    }

    private static ITransport Create(string name) => name switch
    {
        "upgrade" => new UpgradeTransport(),
        "websocket" => new WebSocketTransport(),
        "reverse-http" => new ReverseHttpTransport(),
        "two-connection" => new TwoConnectionTransport(),
        "n-plus-one" => new NPlusOneTransport(),
        "stream-poll" => new StreamPollTransport(),
        "long-poll" => new LongPollTransport(),
        "connect" => new ConnectTransport(),
        "http2-post" => new Http2PostTransport(),
        _ => new ExtendedConnectTransport(),
    };

    private static async Task<TunnelClient> ConnectAsync(
        AffinityProxy proxy, string transport, ConnectProxy forwardProxy, Action<TunnelClientOptions>? configure = null)
    {
        return await TunnelClient.ConnectAsync(proxy.Address, o =>
        {
            o.Transports.Clear();
            o.Transports.Add(Create(transport));
            o.Proxy = transport == "connect" ? forwardProxy.Address : null;
            configure?.Invoke(o);
        }).WaitAsync(HangTimeout);
    }

    private async Task<(AffinityProxy Proxy, GateApp[] Servers)> StartAsync(string transport)
    {
        HttpProtocols protocols = transport is "http2-post" or "extended-connect" ? HttpProtocols.Http2 : HttpProtocols.Http1;
        GateApp[] servers = [await StartServerAsync(protocols), await StartServerAsync(protocols)];
        AffinityProxy proxy = await AffinityProxy.StartAsync(protocols, [.. servers.Select(s => s.Address)]);
        _started.AddRange(servers);
        _started.Add(proxy);
        return (proxy, servers);
    }

    private static Task<GateApp> StartServerAsync(HttpProtocols protocols) => GateApp.StartAsync(
        build: b => b.WebHost.ConfigureKestrel(k => k.ConfigureEndpointDefaults(e => e.Protocols = protocols)));
}
