using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Idle keep-alive connections of plain HTTP, each after one request.</summary>
internal static class PlainConnections
{
    private static readonly byte[] Request = "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray();

    /// <summary>Returns the memory of the server for each connection, in KiB.</summary>
    public static async Task<double> MeasureAsync(ServerProcess server, int count, CancellationToken cancellationToken)
    {
        var sockets = new List<Socket>(count);
        try
        {
            await OpenAsync(server, sockets, 100, cancellationToken);
            double before = await server.MemoryAsync();
            await OpenAsync(server, sockets, count, cancellationToken);
            return (await server.MemoryAsync() - before) / 1024 / count;
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }
    }

    private static async Task OpenAsync(ServerProcess server, List<Socket> sockets, int count, CancellationToken cancellationToken)
    {
        byte[] response = new byte[4096];
        for (int i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, server.Ports[0], cancellationToken);
            await socket.SendAsync(Request, cancellationToken);
            await socket.ReceiveAsync(response, cancellationToken);
        }
    }
}
