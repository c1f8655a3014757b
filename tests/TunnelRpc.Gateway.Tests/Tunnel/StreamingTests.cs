using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Gateway.Tests.Tunnel;

/// <summary>Bodies as streams, upgraded connections, and what happens when one side leaves.</summary>
public sealed class StreamingTests
{
    private static readonly int LargeMegabytes =
        int.TryParse(Environment.GetEnvironmentVariable("TUNNELRPC_GATEWAY_MEGABYTES"), out int megabytes) ? megabytes : 64;

    [Fact]
    public async Task Server_sent_event_arrives_before_the_next_is_sent()
    {
        var next = new SemaphoreSlim(0);
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            for (int i = 0; i < 3; i++)
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
            }
        });

        using HttpResponseMessage response = await relay.Client
            .GetAsync(relay.Address(), HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        for (int i = 0; i < 3; i++)
        {
            next.Release();
            (await reader.ReadLineAsync().DefaultTimeout()).ShouldBe($"data: {i}");
            (await reader.ReadLineAsync().DefaultTimeout()).ShouldBe("");
        }

        (await reader.ReadLineAsync().DefaultTimeout()).ShouldBeNull();
    }

    [Fact]
    public async Task Piece_of_an_upload_arrives_before_the_next_is_sent()
    {
        var received = new SemaphoreSlim(0);
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            byte[] buffer = new byte[100];
            while (await context.Request.Body.ReadAsync(buffer) > 0)
            {
                received.Release();
            }

            await context.Response.WriteAsync("done");
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("POST /apps/shop/ HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync("1\r\nx\r\n");
            (await received.WaitAsync(TestTimeout.Default)).ShouldBeTrue();
        }

        await client.SendAsync("0\r\n\r\n");
        (await client.ReadToEndAsync()).ShouldContain("done");
    }

    [Fact]
    public async Task WebSocket_of_http_1_1_passes_in_both_directions()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.StartAsync(EchoWebSockets));
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");

        await socket.ConnectAsync(new UriBuilder(relay.Address("/ws")) { Scheme = "ws" }.Uri, default).DefaultTimeout();

        await AssertEchoAsync(socket);
    }

    [Fact]
    public async Task WebSocket_of_http_2_reaches_an_origin_of_http_1_1()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.StartAsync(EchoWebSockets));
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        await socket.ConnectAsync(new UriBuilder(relay.Address("/ws", http2: true)) { Scheme = "ws" }.Uri, new HttpMessageInvoker(
            new SocketsHttpHandler()), default).DefaultTimeout();

        await AssertEchoAsync(socket);
    }

    [Fact]
    public async Task Any_upgrade_token_passes_and_becomes_a_byte_stream()
    {
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            context.Response.Headers.Upgrade = context.Request.Headers.Upgrade;
            await using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await stream.CopyToAsync(stream);
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: some-protocol/7\r\n\r\n");
        string head = await client.ReadUntilAsync("\r\n\r\n");
        await client.SendAsync("ping");

        head.ShouldStartWith("HTTP/1.1 101 ");
        head.ShouldContain("Upgrade: some-protocol/7\r\n");
        (await client.ReadUntilAsync("ping")).ShouldBe("ping");
    }

    [Fact]
    public async Task Last_bytes_of_a_client_reach_the_origin_although_its_close_is_seen_first()
    {
        var received = new TaskCompletionSource<string>();
        await using Relay relay = await Relay.StartAsync(
            OriginApp.StartAsync(
                async context =>
                {
                    context.Response.Headers.Upgrade = context.Request.Headers.Upgrade;
                    await using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
                    using var reader = new StreamReader(stream);
                    received.TrySetResult((await reader.ReadLineAsync())!);

                    // The end of the connection.
                    await reader.ReadLineAsync();
                    received.TrySetResult("");
                },
                HttpProtocols.Http1),
            late: new LateInput("GET /apps/"));
        RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);
        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: chat/1\r\n\r\n");
        await client.ReadUntilAsync("\r\n\r\n");

        await client.SendAsync("last words\n");
        client.Dispose();

        (await received.Task.DefaultTimeout()).ShouldBe("last words");
        await Eventually.TrueAsync(() => relay.Gateway.Gateway.Names.Single().Requests == 0);
    }

    [Fact]
    public async Task Refused_upgrade_gets_the_response_of_the_origin()
    {
        await using Relay relay = await Relay.StartAsync(context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("no");
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");

        (await client.ReadUntilAsync("no")).ShouldStartWith("HTTP/1.1 403 ");
    }

    [Fact]
    public async Task Client_that_leaves_cancels_the_request_at_the_origin()
    {
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            started.TrySetResult();
            await aborted.Task;
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: relay\r\n\r\n");
        await started.Task.DefaultTimeout();
        client.Reset();

        await aborted.Task.DefaultTimeout();
        await Eventually.TrueAsync(() => relay.Gateway.Gateway.Names.Single().Requests == 0);
    }

    [Fact]
    public async Task Client_that_leaves_during_an_upload_does_not_complete_it()
    {
        var started = new TaskCompletionSource();
        var failed = new TaskCompletionSource<Exception?>();
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            byte[] buffer = new byte[10];
            try
            {
                while (await context.Request.Body.ReadAsync(buffer) > 0)
                {
                    started.TrySetResult();
                }

                failed.TrySetResult(null);
            }
            catch (Exception error)
            {
                failed.TrySetResult(error);
            }
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("POST /apps/shop/ HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
        await started.Task.DefaultTimeout();
        client.Reset();

        (await failed.Task.DefaultTimeout()).ShouldNotBeNull("The origin must not take the body for a whole one.");
    }

    [Fact]
    public async Task Origin_that_breaks_off_aborts_the_response_of_the_client()
    {
        using var origin = new RawOrigin();
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginHost host = await OriginHost.StartAsync(
            gateway.Address("/tunnel"), client => client.AddHttpOrigin("shop", origin.Address));
        await host.Claim("shop").WaitUntilClaimedAsync().DefaultTimeout();
        using RawConnection client = await RawConnection.ConnectAsync(gateway.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: relay\r\n\r\n");
        using RawConnection connection = await origin.AcceptAsync().DefaultTimeout();
        await connection.ReadUntilAsync("\r\n\r\n");
        await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
        string head = await client.ReadUntilAsync("part");
        connection.Reset();

        head.ShouldContain("200 OK");
        (await client.ReadToEndAsync()).ShouldNotContain("0\r\n\r\n");
    }

    [Fact]
    public async Task Response_before_the_end_of_the_request_reaches_the_client()
    {
        await using Relay relay = await Relay.StartAsync(
            async context =>
            {
                byte[] buffer = new byte[1];
                await context.Request.Body.ReadExactlyAsync(buffer);
                context.Response.StatusCode = 413;
                await context.Response.WriteAsync("too large");
            },
            origin: options => options.HttpVersion = HttpVersion.Version20,
            protocols: HttpProtocols.Http2);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        // The rest of the body never comes.
        await client.SendAsync("POST /apps/shop/ HTTP/1.1\r\nHost: relay\r\nContent-Length: 1000000\r\n\r\nx");

        (await client.ReadUntilAsync("too large")).ShouldStartWith("HTTP/1.1 413 ");
    }

    [Fact]
    public async Task Writer_of_a_response_waits_for_a_client_that_does_not_read()
    {
        long written = 0;
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            byte[] buffer = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(buffer, context.RequestAborted);
                Interlocked.Add(ref written, buffer.Length);
            }
        });

        using (HttpResponseMessage response = await relay.Client
            .GetAsync(relay.Address(), HttpCompletionOption.ResponseHeadersRead).DefaultTimeout())
        {
            long before = -1;
            int unchanged = 0;
            await Eventually.TrueAsync(
                () => unchanged >= 50,
                () =>
                {
                    long now = Interlocked.Read(ref written);
                    unchanged = now == before ? unchanged + 1 : 0;
                    before = now;
                });
        }

        // Socket buffers of the loopback, the window of the stream, and buffers of Kestrel: far below what the origin would have written.
        Interlocked.Read(ref written).ShouldBeLessThan(64 << 20);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Large_download_is_whole_and_takes_little_memory(HttpProtocols protocol)
    {
        await using Relay relay = await Relay.StartAsync(
            context => new PatternStream((long)LargeMegabytes << 20).CopyToAsync(context.Response.Body, context.RequestAborted),
            origin: options => options.HttpVersion = VersionOf(protocol),
            protocols: protocol);

        using HttpResponseMessage response = await relay.Client.GetAsync(relay.Address(), HttpCompletionOption.ResponseHeadersRead);

        await AssertLargeAsync(await response.Content.ReadAsStreamAsync());
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Large_upload_is_whole_and_takes_little_memory(HttpProtocols protocol)
    {
        await using Relay relay = await Relay.StartAsync(
            async context =>
            {
                await AssertLargeAsync(context.Request.Body);
                await context.Response.WriteAsync("whole");
            },
            origin: options => options.HttpVersion = VersionOf(protocol),
            protocols: protocol);

        using HttpResponseMessage response = await relay.Client.PostAsync(
            relay.Address(), new StreamContent(new PatternStream((long)LargeMegabytes << 20)));

        (await response.Content.ReadAsStringAsync()).ShouldBe("whole");
    }

    [Fact]
    public async Task Large_bodies_pass_in_both_directions_at_once()
    {
        await using Relay relay = await Relay.StartAsync(
            OriginApp.EchoAsync, origin: options => options.HttpVersion = HttpVersion.Version20, protocols: HttpProtocols.Http2);
        using HttpRequestMessage request = relay.Http2(HttpMethod.Post);
        request.Content = new DuplexContent(new PatternStream((long)LargeMegabytes << 20));

        using HttpResponseMessage response = await relay.Client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();

        await AssertLargeAsync(await response.Content.ReadAsStreamAsync());
    }

    [Fact]
    public async Task Download_is_whole_when_the_path_is_cut_in_its_middle()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using FaultProxy proxy = await FaultProxy.StartAsync(gateway.Address());
        byte[] body = RandomNumberGenerator.GetBytes(16 << 20);
        await using OriginApp origin = await OriginApp.StartAsync(context =>
        {
            context.Response.ContentLength = body.Length;
            return context.Response.Body.WriteAsync(body).AsTask();
        });
        await using OriginHost host = await OriginHost.StartAsync(
            new Uri(proxy.Address, "/tunnel"), client => client.AddHttpOrigin("shop", origin.Address));
        await host.Claim("shop").WaitUntilClaimedAsync().DefaultTimeout();
        using var client = new HttpClient();

        using HttpResponseMessage response = await client
            .GetAsync(gateway.Address("/apps/shop/"), HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] received = new byte[body.Length];
        await stream.ReadExactlyAsync(received.AsMemory(0, 4 << 20)).DefaultTimeout();
        string? session = host.Client.SessionId;
        proxy.Reset();
        await stream.ReadExactlyAsync(received.AsMemory(4 << 20)).DefaultTimeout();

        received.AsSpan().SequenceEqual(body).ShouldBeTrue();
        host.Client.SessionId.ShouldBe(session);
    }

    [Fact]
    public async Task Thousand_requests_run_at_the_same_time()
    {
        int running = 0;
        var all = new TaskCompletionSource();
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref running) == 1_000)
            {
                all.SetResult();
            }

            await all.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync(context.Request.Path);
        });

        Task<string>[] requests = [.. Enumerable.Range(0, 1_000).Select(i => relay.Client.GetStringAsync(relay.Address($"/{i}")))];

        (await Task.WhenAll(requests).DefaultTimeout()).ShouldBe(Enumerable.Range(0, 1_000).Select(i => $"/{i}"));
    }

    private static Version VersionOf(HttpProtocols protocol) =>
        protocol == HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20;

    /// <summary>Reads the pattern to its end. What lives in the process, with all other tests, stays far below its length.</summary>
    private static async Task AssertLargeAsync(Stream actual)
    {
        long length = (long)LargeMegabytes << 20;
        using var expected = new PatternStream(length);
        byte[] first = new byte[64 * 1024];
        byte[] second = new byte[64 * 1024];
        long start = GC.GetTotalMemory(forceFullCollection: true);
        long peak = start;
        long total = 0;
        int count;
        while ((count = await actual.ReadAsync(first).DefaultTimeout()) > 0)
        {
            await expected.ReadExactlyAsync(second.AsMemory(0, count));
            first.AsSpan(0, count).SequenceEqual(second.AsSpan(0, count)).ShouldBeTrue($"near the offset {total}");
            if (total / (length / 8) != (total + count) / (length / 8))
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true));
            }

            total += count;
        }

        total.ShouldBe(length);
        (peak - start).ShouldBeLessThan(40L << 20);
    }

    private static void EchoWebSockets(WebApplication app)
    {
        app.UseWebSockets();
        app.Run(async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("chat");
            byte[] buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer.AsMemory(), default) is var message
                && message.MessageType != WebSocketMessageType.Close)
            {
                await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, default);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default);
        });
    }

    private static async Task AssertEchoAsync(ClientWebSocket socket)
    {
        socket.SubProtocol.ShouldBe("chat");
        byte[] buffer = new byte[100];
        for (int i = 0; i < 3; i++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"message {i}"), WebSocketMessageType.Text, true, default);
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(), default).DefaultTimeout();
            Encoding.UTF8.GetString(buffer, 0, result.Count).ShouldBe($"message {i}");
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).DefaultTimeout();
        socket.CloseStatusDescription.ShouldBe("bye");
    }
}
