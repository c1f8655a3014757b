using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>WebSockets and SignalR through a real gateway.</summary>
public sealed class WebSocketTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WebSocket_carries_messages_in_both_directions_and_its_close(bool http2)
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, app =>
        {
            app.UseWebSockets();
            app.Run(EchoAsync);
        });
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("echo");
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        if (http2)
        {
            socket.Options.HttpVersion = HttpVersion.Version20;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        var address = new UriBuilder(http2 ? relay.ShopOverHttp2 : relay.Shop) { Scheme = "ws" };
        await socket.ConnectAsync(address.Uri, invoker, CancellationToken.None).DefaultTimeout();
        byte[] buffer = new byte[200_000];
        foreach (int size in (int[])[1, 1000, 150_000])
        {
            string text = new('x', size);
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None).DefaultTimeout();
            Encoding.UTF8.GetString(buffer, 0, await ReceiveAsync(socket, buffer)).ShouldBe(text);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None).DefaultTimeout();

        socket.SubProtocol.ShouldBe("echo");
        socket.CloseStatusDescription.ShouldBe("bye too");
    }

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task SignalR_hub_calls_and_is_called(HttpTransportType transport)
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel, app => app.MapHub<ChatHub>("/chat"), configure: builder => builder.Services.AddSignalR());
        await using HubConnection connection = new HubConnectionBuilder().WithUrl(new Uri(relay.Shop, "chat"), transport).Build();
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.On<string>("Said", received.SetResult);

        await connection.StartAsync().DefaultTimeout();
        int length = await connection.InvokeAsync<int>("Say", "hello").DefaultTimeout();
        var counted = new List<int>();
        await foreach (int i in connection.StreamAsync<int>("Count", 5))
        {
            counted.Add(i);
        }

        length.ShouldBe(5);
        (await received.Task.DefaultTimeout()).ShouldBe("hello");
        counted.ShouldBe([0, 1, 2, 3, 4]);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("echo");
        byte[] buffer = new byte[200_000];
        while (true)
        {
            int count = await ReceiveAsync(socket, buffer);
            if (count < 0)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye too", CancellationToken.None);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, count), WebSocketMessageType.Text, true, CancellationToken.None);
        }
    }

    /// <summary>Receives one message. Returns -1 for a close.</summary>
    private static async Task<int> ReceiveAsync(WebSocket socket, byte[] buffer)
    {
        int count = 0;
        while (true)
        {
            ValueWebSocketReceiveResult result =
                await socket.ReceiveAsync(buffer.AsMemory(count), CancellationToken.None).DefaultTimeout();
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return -1;
            }

            count += result.Count;
            if (result.EndOfMessage)
            {
                return count;
            }
        }
    }

    private sealed class ChatHub : Hub
    {
        public async Task<int> Say(string text)
        {
            await Clients.All.SendAsync("Said", text);
            return text.Length;
        }

        public async IAsyncEnumerable<int> Count(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await Task.Yield();
                yield return i;
            }
        }
    }
}
