using System.Buffers;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Tests.Connections;

/// <summary>The bytes that a client writes before it closes its connection.</summary>
public sealed class LastBytesTests
{
    [Theory]
    [InlineData("upgrade")]
    [InlineData("websocket")]
    public async Task Bytes_before_the_close_are_read_although_the_close_is_seen_first(string transport)
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(30));
        byte[] sent = new byte[1000];
        Random.Shared.NextBytes(sent);
        await using TransportTestServer server =
            await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors(), late: new LateInput("GET /tunnel"));
        ITransport opened = transport == "upgrade" ? new UpgradeTransport() : new WebSocketTransport();
        ITransportConnection client = await opened.ConnectAsync(server.Endpoint, timeout.Token);
        await using ITransportConnection accepted = await server.AcceptAsync(timeout.Token);

        await client.WriteAsync(new ReadOnlySequence<byte>(sent), timeout.Token);
        await client.DisposeAsync();

        byte[] received = new byte[sent.Length];
        int count = 0;
        while (count < received.Length && await accepted.ReadAsync(received.AsMemory(count), timeout.Token) is > 0 and int read)
        {
            count += read;
        }

        received.AsSpan(0, count).SequenceEqual(sent).ShouldBeTrue($"{count} bytes");
    }
}
