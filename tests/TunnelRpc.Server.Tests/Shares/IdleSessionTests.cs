using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Server.Tests.Attacks;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Server.Tests.Shares;

/// <summary>Sessions that do nothing, over real connections. No other test runs beside them, because they measure the heap.</summary>
[Collection(CollectionName)]
public sealed class IdleSessionTests(ITestOutputHelper output)
{
    private const string CollectionName = "Idle sessions";

    // A session is pinged when so many others have connected.
    private const int PingDelay = 50;

    [Fact]
    public async Task Three_thousand_idle_sessions_take_little_memory()
    {
        const int Sessions = 3_000;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        builder.Services.AddTunnelRpc().AddService<IWorkbench>(new Workbench());
        await using WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        Uri address = new(app.Urls.Single());
        List<Socket> clients = [];
        try
        {
            // The first ones fill pools and compile code.
            await ConnectAsync(address, clients, 100);
            long before = GC.GetTotalMemory(forceFullCollection: true);
            await ConnectAsync(address, clients, Sessions);
            long bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Sessions;

            output.WriteLine($"{bytes:N0} bytes for each session, with the test's socket.");
            app.Services.GetRequiredService<TunnelServer>().SessionIds.Count.ShouldBe(clients.Count);

            // 18 kB on the server. The rest is the test's socket, and what a debug build and its diagnosis of hangs add.
            bytes.ShouldBeLessThan(21_000);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Opens sessions, and keeps nothing of them but the sockets.</summary>
    private static async Task ConnectAsync(Uri address, List<Socket> clients, int count)
    {
        int pinged = clients.Count;
        for (int i = 0; i < count; i++)
        {
            clients.Add(await ConnectAsync(address));
            if (i >= PingDelay)
            {
                await PingAsync(clients[pinged++]);
            }
        }

        while (pinged < clients.Count)
        {
            await PingAsync(clients[pinged++]);
        }
    }

    /// <summary>After a pause and a keepalive, as every session has them, the server waits for more without a buffer.</summary>
    private static async Task PingAsync(Socket client)
    {
        byte[] record = Wire.Number(RecordType.Ping, 1);
        await client.SendAsync(record).DefaultTimeout();
        await client.ReceiveAsync(record).DefaultTimeout();
    }

    private static async Task<Socket> ConnectAsync(Uri address)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port).DefaultTimeout();
        await using NetworkStream stream = new(socket, ownsSocket: false);
        string head = $"GET /tunnel HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        byte[] last = new byte[1];
        for (int matched = 0; matched < 4; matched = last[0] == "\r\n\r\n"[matched] ? matched + 1 : 0)
        {
            await stream.ReadExactlyAsync(last).DefaultTimeout();
        }

        await RawSession.ShakeHandsAsync(new RawPeer(new SocketConnection(stream, CancellationToken.None)));
        return socket;
    }

    [CollectionDefinition(CollectionName, DisableParallelization = true)]
    public sealed class Definition;
}
