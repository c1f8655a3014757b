using System.Net;
using System.Net.WebSockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Shouldly;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Lab.Gateway;

/// <summary>Server-sent events, WebSockets and SignalR through a gateway behind real proxies.</summary>
[SupportedOSPlatform("linux")]
public sealed class GatewayStreams
{
    public static TheoryData<string, string, HttpTransportType> HubCases
    {
        get
        {
            var data = new TheoryData<string, string, HttpTransportType>();
            foreach (object?[] row in GatewayCases.All)
            {
                data.Add((string)row[0]!, (string)row[1]!, HttpTransportType.WebSockets);
                data.Add((string)row[0]!, (string)row[1]!, HttpTransportType.ServerSentEvents);
                data.Add((string)row[0]!, (string)row[1]!, HttpTransportType.LongPolling);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Server_sent_event_arrives_before_the_next_is_sent(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        foreach (Version version in GatewayFront.Versions)
        {
            Task<HttpResponseMessage> responding = setup.SendAsync(HttpMethod.Get, setup.Address(application, "/events"), version);
            setup.State.NextEvent.Release();
            using HttpResponseMessage response = await responding;
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
            for (int i = 0; i < 3; i++)
            {
                (await reader.ReadLineAsync().DefaultTimeout()).ShouldBe($"data: event {i}");
                (await reader.ReadLineAsync().DefaultTimeout()).ShouldBe("");
                if (i < 2)
                {
                    setup.State.NextEvent.Release();
                }
            }

            (await reader.ReadLineAsync().DefaultTimeout()).ShouldBeNull();
        }
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task WebSocket_carries_text_binary_and_the_close_codes_of_both_sides(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        using var invoker = new HttpMessageInvoker(setup.CreateHandler());
        using ClientWebSocket socket = await ConnectAsync(setup, application, invoker, HttpVersion.Version11);
        using ClientWebSocket other = await ConnectAsync(setup, application, invoker, HttpVersion.Version11);

        await AssertEchoAsync(socket);
        await socket.SendAsync("close"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None).DefaultTimeout();
        (await SocketMessage.ReceiveAsync(socket)).Type.ShouldBe(WebSocketMessageType.Close);
        await other.CloseAsync((WebSocketCloseStatus)3999, "finished", CancellationToken.None).DefaultTimeout();

        ((int)socket.CloseStatus!.Value).ShouldBe(ShopApplication.CloseCode);
        socket.CloseStatusDescription.ShouldBe("as requested");
        ((int)other.CloseStatus!.Value).ShouldBe(3999);
        other.CloseStatusDescription.ShouldBe("finished");
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task WebSocket_over_http2_passes_where_the_front_takes_extended_connect(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        using var invoker = new HttpMessageInvoker(setup.CreateHandler());

        if (setup.Front.TakesExtendedConnect)
        {
            using ClientWebSocket socket = await ConnectAsync(setup, application, invoker, HttpVersion.Version20);
            await AssertEchoAsync(socket);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).DefaultTimeout();
        }
        else
        {
            // The client may then use HTTP/1.1, as browsers do.
            await Should.ThrowAsync<WebSocketException>(() => ConnectAsync(setup, application, invoker, HttpVersion.Version20));
        }
    }

    [Theory, MemberData(nameof(HubCases))]
    public async Task SignalR_hub_is_called_calls_its_client_and_streams_in_both_directions(
        string front, string application, HttpTransportType transport)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        using var invoker = new HttpMessageInvoker(setup.CreateHandler());
        await using HubConnection connection = new HubConnectionBuilder()
            .WithUrl(setup.Address(application, "/hub"), transport, options =>
            {
                options.HttpMessageHandlerFactory = _ => setup.CreateHandler();
                options.WebSocketFactory = async (context, cancellationToken) =>
                {
                    var socket = new ClientWebSocket();
                    await socket.ConnectAsync(context.Uri, invoker, cancellationToken);
                    return socket;
                };
            })
            .Build();
        var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.On<string>("Said", said.SetResult);

        await connection.StartAsync().DefaultTimeout();
        int length = await connection.InvokeAsync<int>("SayAsync", "hello").DefaultTimeout();
        int sum = await connection.InvokeAsync<int>("SumAsync", NumbersAsync(10)).DefaultTimeout();
        List<int> counted = [];
        using var hang = new CancellationTokenSource(TestTimeout.Default);
        await foreach (int number in connection.StreamAsync<int>("CountAsync", 100, hang.Token))
        {
            counted.Add(number);
        }

        length.ShouldBe(5);
        (await said.Task.DefaultTimeout()).ShouldBe("hello");
        sum.ShouldBe(45);
        counted.ShouldBe(Enumerable.Range(0, 100));
    }

    private static async IAsyncEnumerable<int> NumbersAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private static async Task<ClientWebSocket> ConnectAsync(
        GatewaySetup setup, string application, HttpMessageInvoker invoker, Version version)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("echo");
        socket.Options.HttpVersion = version;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        try
        {
            await socket.ConnectAsync(setup.Address(application, "/socket", "wss"), invoker, CancellationToken.None).DefaultTimeout();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task AssertEchoAsync(ClientWebSocket socket)
    {
        socket.SubProtocol.ShouldBe("echo");
        byte[] text = Encoding.UTF8.GetBytes("ünïcödé ☃");
        await socket.SendAsync(text, WebSocketMessageType.Text, true, CancellationToken.None).DefaultTimeout();
        SocketMessage echo = await SocketMessage.ReceiveAsync(socket);
        echo.Type.ShouldBe(WebSocketMessageType.Text);
        echo.Bytes.ShouldBe(text);

        foreach (int size in (int[])[0, 1, 1_000, 300_000])
        {
            byte[] bytes = RandomNumberGenerator.GetBytes(size);
            await socket.SendAsync(bytes, WebSocketMessageType.Binary, true, CancellationToken.None).DefaultTimeout();
            echo = await SocketMessage.ReceiveAsync(socket);
            echo.Type.ShouldBe(WebSocketMessageType.Binary);
            echo.Bytes.AsSpan().SequenceEqual(bytes).ShouldBeTrue($"of {size} bytes");
        }
    }
}
