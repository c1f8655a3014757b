using TunnelRpc.Faults.Tests.Servers;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Faults.Tests.Proxy;

/// <summary>Requests through the fault proxy as both sides see them on the wire.</summary>
public sealed class HttpLevelTests
{
    private const string Get = "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string ChunkedPost = "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public async Task Request_and_response_pass_without_hop_by_hop_headers()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);

        (RawPeer client, RawPeer server) = await pair.RequestAsync(
            "GET /a?b HTTP/1.1\r\nHost: h\r\nConnection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nX-Other: 2\r\n\r\n");
        string head = await server.ReadHeadAsync();
        await server.WriteAsync(Ok);

        head.ShouldBe("GET /a?b HTTP/1.1\r\nHost: h\r\nX-Other: 2\r\n\r\n");
        (await client.ReadResponseAsync()).ShouldBe((200, "ok"));
        pair.Proxy.Requests.ShouldBe([new FaultProxyRequest(1, "GET", "/a?b", 200, false)], pair.Proxy.ToString());
    }

    [Fact]
    public async Task Connection_carries_successive_requests()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);
        RawPeer client = await pair.ConnectAsync();

        for (int i = 0; i < 3; i++)
        {
            await client.WriteAsync(Get);
            RawPeer server = await pair.AcceptAsync();
            await server.ReadHeadAsync();
            await server.WriteAsync(Ok);
            (await client.ReadResponseAsync()).Status.ShouldBe(200);
        }

        pair.Proxy.Counters.ShouldSatisfyAllConditions(c => c.Connections.ShouldBe(1), c => c.Requests.ShouldBe(3));
    }

    [Fact]
    public async Task Both_bodies_stream_concurrently()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);
        (RawPeer client, RawPeer server) = await pair.RequestAsync(ChunkedPost);
        (await server.ReadHeadAsync()).ShouldContain("Transfer-Encoding: chunked\r\n");

        await client.WriteAsync("1\r\na\r\n");
        (await server.ReadAsync(6)).ShouldBe("1\r\na\r\n");
        await server.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n");
        (await client.ReadHeadAsync()).ShouldContain("200 OK");
        (await client.ReadAsync(6)).ShouldBe("1\r\nb\r\n");
        await client.WriteAsync("0\r\n\r\n");
        (await server.ReadAsync(5)).ShouldBe("0\r\n\r\n");
        await server.WriteAsync("0\r\n\r\n");

        (await client.ReadAsync(5)).ShouldBe("0\r\n\r\n");
    }

    [Fact]
    public async Task Response_delimited_by_connection_close_is_sent_in_chunks()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);
        (RawPeer client, RawPeer server) = await pair.RequestAsync(Get);
        await server.ReadHeadAsync();

        await server.WriteAsync("HTTP/1.1 200 OK\r\n\r\nabc");
        server.Dispose();

        (await client.ReadHeadAsync()).ShouldContain("Transfer-Encoding: chunked");
        (await client.ReadAsync(13)).ShouldBe("3\r\nabc\r\n0\r\n\r\n");
    }

    [Fact]
    public async Task Upgrade_passes_and_becomes_raw_bytes_in_both_directions()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);
        (RawPeer client, RawPeer server) = await pair.UpgradeAsync();

        await client.WriteAsync("up");
        await server.WriteAsync("down");

        (await server.ReadAsync(2)).ShouldBe("up");
        (await client.ReadAsync(4)).ShouldBe("down");
        pair.Proxy.Requests.Single().Status.ShouldBe(101);
    }

    [Theory]
    [InlineData(UpgradeHandling.Strip, "websocket", false)]
    [InlineData(UpgradeHandling.PassWebSocket, "tunnelrpc", false)]
    [InlineData(UpgradeHandling.PassWebSocket, "WebSocket", true)]
    [InlineData(UpgradeHandling.Pass, "tunnelrpc", true)]
    public async Task Upgrade_header_passes_or_is_stripped_as_configured(UpgradeHandling handling, string token, bool passes)
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent with { Upgrades = handling });

        (_, RawPeer server) = await pair.RequestAsync(
            $"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: {token}\r\n\r\n");

        (await server.ReadHeadAsync()).Contains($"Upgrade: {token}\r\n", StringComparison.Ordinal).ShouldBe(passes);
    }

    [Fact]
    public async Task Configured_header_is_stripped()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent with { StrippedHeaders = ["x-secret"] });

        (_, RawPeer server) = await pair.RequestAsync("GET / HTTP/1.1\r\nHost: h\r\nX-Secret: 1\r\nX-Other: 2\r\n\r\n");

        (await server.ReadHeadAsync()).ShouldBe("GET / HTTP/1.1\r\nHost: h\r\nX-Other: 2\r\n\r\n");
    }

    [Fact]
    public async Task Buffered_request_reaches_the_upstream_when_complete()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.BuffersUploads);
        (RawPeer client, RawPeer server) = await pair.RequestAsync(ChunkedPost);

        await client.WriteAsync("1\r\na\r\n");
        await client.WriteAsync("1\r\nb\r\n");
        pair.Proxy.Counters.BytesUp.ShouldBe(0, pair.Proxy.ToString());
        await client.WriteAsync("0\r\n\r\n");

        await server.ReadHeadAsync();
        (await server.ReadAsync(12)).ShouldBe("2\r\nab\r\n0\r\n\r\n".Substring(0, 12));
    }

    [Fact]
    public async Task Buffered_response_reaches_the_client_when_complete()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.BuffersDownloads);
        (RawPeer client, RawPeer server) = await pair.RequestAsync(Get);
        await server.ReadHeadAsync();

        await server.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
        await server.WriteAsync("1\r\nb\r\n");
        pair.Proxy.Counters.BytesDown.ShouldBe(0, pair.Proxy.ToString());
        pair.Proxy.Requests.Single().Status.ShouldBeNull();
        await server.WriteAsync("0\r\n\r\n");

        await client.ReadHeadAsync();
        (await client.ReadAsync(12)).ShouldBe("2\r\nab\r\n0\r\n\r\n".Substring(0, 12));
    }

    [Fact]
    public async Task Response_waits_for_the_end_of_the_request_if_configured()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.RespondsAfterRequest);
        (RawPeer client, RawPeer server) = await pair.RequestAsync(ChunkedPost);
        await server.ReadHeadAsync();
        await server.WriteAsync(Ok);
        await client.WriteAsync("1\r\na\r\n");
        (await server.ReadAsync(6)).ShouldBe("1\r\na\r\n");
        pair.Proxy.Counters.BytesDown.ShouldBe(0);

        await client.WriteAsync("0\r\n\r\n");

        (await client.ReadResponseAsync()).ShouldBe((200, "ok"));
    }

    [Theory]
    [InlineData(ContinueHandling.Relay, true, true)]
    [InlineData(ContinueHandling.Respond, false, true)]
    [InlineData(ContinueHandling.Suppress, true, false)]
    public async Task Continue_response_is_relayed_sent_or_suppressed_as_configured(
        ContinueHandling handling, bool forwardsExpect, bool hasContinue)
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent with { Continue = handling });

        (RawPeer client, RawPeer server) = await pair.RequestAsync(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
        bool isExpectForwarded = (await server.ReadHeadAsync()).Contains("Expect: 100-continue", StringComparison.Ordinal);
        if (isExpectForwarded)
        {
            await server.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
        }

        await client.WriteAsync("x");
        await server.ReadAsync(1);
        await server.WriteAsync(Ok);

        isExpectForwarded.ShouldBe(forwardsExpect);
        (await client.ReadHeadAsync()).StartsWith("HTTP/1.1 100 ", StringComparison.Ordinal).ShouldBe(hasContinue);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n")]
    public async Task Body_above_the_limit_gets_413_and_the_connection_is_closed(string request)
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(
            FaultProfiles.Transparent with { Requests = [RequestFault.RefuseBodiesAbove(3)] });
        RawPeer client = await pair.ConnectAsync();

        await client.WriteAsync(request);

        (await client.ReadResponseAsync()).Status.ShouldBe(413);
        (await client.ReadToEndAsync()).ShouldBe("");
        pair.Proxy.Requests.Single().ShouldBe(new FaultProxyRequest(1, "POST", "/", 413, true));
    }

    [Fact]
    public async Task Buffered_body_above_the_limit_gets_413()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.BuffersUploads, o => o.MaxBufferedBytes = 3);
        RawPeer client = await pair.ConnectAsync();

        await client.WriteAsync(ChunkedPost + "4\r\nabcd\r\n");

        (await client.ReadResponseAsync()).Status.ShouldBe(413);
    }

    [Fact]
    public async Task Idle_upload_gets_408()
    {
        var time = new FakeTimeProvider();
        await using ProxiedPair pair = await ProxiedPair.StartAsync(
            FaultProfiles.Transparent with { Up = [StreamFault.TimeOutWhenIdle(TimeSpan.FromSeconds(5))] }, o => o.TimeProvider = time);
        (RawPeer client, RawPeer server) = await pair.RequestAsync(ChunkedPost + "1\r\na\r\n");
        await server.ReadHeadAsync();
        await server.ReadAsync(6);

        time.Advance(TimeSpan.FromSeconds(5));

        (await client.ReadResponseAsync()).Status.ShouldBe(408);
        await server.IsResetAsync();
    }

    [Fact]
    public async Task Refusal_sends_its_status_and_keeps_the_connection_open()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.RefusesRequests(403));
        RawPeer client = await pair.ConnectAsync();

        await client.WriteAsync(Get);
        (await client.ReadResponseAsync()).Status.ShouldBe(403);
        await client.WriteAsync(Get);

        (await client.ReadResponseAsync()).Status.ShouldBe(403);
    }

    [Fact]
    public async Task Fault_applies_to_the_nth_matching_request_only()
    {
        FaultProfile profile = FaultProfiles.Transparent with
        {
            Requests = [RequestFault.Refuse(503) with { Method = "GET", PathSuffix = "/x", Nth = 2 }],
        };
        await using ProxiedPair pair = await ProxiedPair.StartAsync(profile);
        RawPeer client = await pair.ConnectAsync();
        List<int> statuses = [];

        foreach (string request in (string[])["GET /x", "POST /x", "GET /y", "GET /x", "GET /x"])
        {
            await client.WriteAsync($"{request} HTTP/1.1\r\nHost: h\r\n\r\n");
            if (statuses.Count != 3)
            {
                RawPeer server = await pair.AcceptAsync();
                await server.ReadHeadAsync();
                await server.WriteAsync(Ok);
            }

            statuses.Add((await client.ReadResponseAsync()).Status);
        }

        statuses.ShouldBe([200, 200, 200, 503, 200], pair.Proxy.ToString());
    }

    [Fact]
    public async Task Unreachable_upstream_gets_502()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);
        await using FaultProxy unreachable = await FaultProxy.StartAsync(null, FaultProfiles.RefusesConnections);
        await using FaultProxy proxy = await FaultProxy.StartAsync(unreachable.Address);
        using RawPeer client = await RawPeer.ConnectAsync(proxy.Address);

        await client.WriteAsync(Get);

        (await client.ReadResponseAsync()).Status.ShouldBe(502);
    }

    [Fact]
    public async Task Connection_is_closed_after_its_last_request_without_notice()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent with { MaxRequestsPerConnection = 1 });
        (RawPeer client, RawPeer server) = await pair.RequestAsync(Get);
        await server.ReadHeadAsync();
        await server.WriteAsync(Ok);

        string head = await client.ReadHeadAsync();

        head.ShouldNotContain("Connection");
        (await client.ReadToEndAsync()).ShouldBe("ok");
    }

    [Fact]
    public async Task Duplicated_post_reaches_the_upstream_twice_and_gets_one_response()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.DuplicatesPosts);
        (RawPeer client, RawPeer first) = await pair.RequestAsync("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        string once = await first.ReadHeadAsync() + await first.ReadAsync(3);
        await first.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");

        RawPeer second = await pair.AcceptAsync();
        string twice = await second.ReadHeadAsync() + await second.ReadAsync(3);
        await second.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");

        once.ShouldBe("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        twice.ShouldBe(once);
        (await client.ReadResponseAsync()).ShouldBe((200, "2"));
    }

    [Fact]
    public async Task Dropped_response_is_not_forwarded()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(
            FaultProfiles.Transparent with { Requests = [RequestFault.DropResponse()] });
        (RawPeer client, RawPeer server) = await pair.RequestAsync(Get);
        await server.ReadHeadAsync();

        await server.WriteAsync(Ok);

        (await client.ReadToEndAsync()).ShouldBe("");
        pair.Proxy.Requests.Single().Status.ShouldBeNull();
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("Cache-Control: no-store\r\n", true)]
    public async Task Coalesced_get_shares_the_response_unless_it_is_no_store(string header, bool isNoStore)
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent with { CoalescesGets = true });
        (RawPeer first, RawPeer server) = await pair.RequestAsync(Get);
        await server.ReadHeadAsync();
        RawPeer second = await pair.ConnectAsync();
        await second.WriteAsync(Get);

        // The response must not precede the second request, which would start a GET of its own then.
        await Task.Run(async () =>
        {
            while (pair.Proxy.JoinedGetCount == 0)
            {
                await Task.Yield();
            }
        }).DefaultTimeout();
        await server.WriteAsync($"HTTP/1.1 200 OK\r\n{header}Content-Length: 1\r\n\r\n1");
        (await first.ReadResponseAsync()).ShouldBe((200, "1"));
        if (isNoStore)
        {
            RawPeer next = await pair.AcceptAsync();
            await next.ReadHeadAsync();
            await next.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
        }

        (await second.ReadResponseAsync()).ShouldBe((200, isNoStore ? "2" : "1"));
    }

    [Theory]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public async Task Malformed_request_gets_400_and_the_connection_is_closed(string sent)
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);
        RawPeer client = await pair.ConnectAsync();

        await client.WriteAsync(sent);

        (await client.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 400 ");
    }

    [Fact]
    public async Task Client_disconnect_ends_its_upstream_request()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);
        (RawPeer client, RawPeer server) = await pair.RequestAsync(Get);
        await server.ReadHeadAsync();

        client.Dispose();

        (await server.ReadToEndAsync()).ShouldBe("");
    }

    [Fact]
    public async Task Truncated_response_resets_the_client_connection()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.Transparent);
        (RawPeer client, RawPeer server) = await pair.RequestAsync(Get);
        await server.ReadHeadAsync();
        await server.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
        await client.ReadHeadAsync();

        server.Dispose();

        (await client.IsResetAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Black_hole_in_one_direction_passes_the_other()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.BlackHolesTunnelUploads);
        (RawPeer client, RawPeer server) = await pair.UpgradeAsync();
        long before = pair.Proxy.Counters.BytesUp;

        await client.WriteAsync("up");
        await server.WriteAsync("down");
        (await client.ReadAsync(4)).ShouldBe("down");
        await client.WriteAsync("up");
        server.ShutdownSend();

        (await client.ReadToEndAsync()).ShouldBe("");
        pair.Proxy.Counters.BytesUp.ShouldBe(before);
    }
}
