using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace TunnelRpc.Cli.Tests;

/// <summary>A server process with few file descriptors, and clients that open more connections than it can have.</summary>
public sealed class DescriptorLimitTests
{
    private const int Descriptors = 400;
    private const int Connections = 600;

    private static readonly string[] Requests =
    [
        "GET /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n\r\n",
        "POST /tunnel HTTP/1.1\r\nHost: h\r\nTunnelRpc-Version: 1\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: 0\r\n\r\n",
        "GET /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "POST /tunnel/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc",
    ];

    [Fact]
    public async Task Server_with_400_descriptors_survives_600_connections_at_once_and_serves_a_probe_afterwards()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        await using ToolProcess server = ToolProcess.StartWithDescriptors(Descriptors, "serve", "--urls", "http://127.0.0.1:0");
        var address = new Uri((await server.ReadLineAsync())!["Listening on ".Length..]);

        for (int round = 0; round < 3; round++)
        {
            await HoldConnectionsAsync(address);
        }

        await using ToolProcess probe = ToolProcess.Start("probe", address.ToString(), "--calls", "1", "--timeout", "40");
        CommandResult probed = await probe.EndAsync();
        server.Terminate(PosixSignal.SIGTERM);
        CommandResult served = await server.EndAsync();

        probed.ExitCode.ShouldBe(0, probed.Output + probed.Error + served.Error);
        served.ExitCode.ShouldBe(0, served.Error);
        served.Error.ShouldNotContain("TypeInitializationException");
    }

    /// <summary>Opens connections as fast as possible, sends a request on each, and resets them.</summary>
    private static async Task HoldConnectionsAsync(Uri address)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        Socket[] sockets = [.. Enumerable.Range(0, Connections).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp))];
        await Task.WhenAll(sockets.Select(async (socket, i) =>
        {
            try
            {
                await socket.ConnectAsync(address.Host, address.Port, timeout.Token);
                await socket.SendAsync(Encoding.ASCII.GetBytes(Requests[i % Requests.Length]), timeout.Token);
                await socket.ReceiveAsync(new byte[16], timeout.Token);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // The backlog is full, or the connection waits in it.
            }
        }));
        foreach (Socket socket in sockets)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
    }
}
