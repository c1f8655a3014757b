using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Calls.Tests.Dialing;

/// <summary>An address at which TCP connects get no reply: a listener whose backlog is full.</summary>
internal sealed class BlackHole : IDisposable
{
    // A connect to a loopback address completes at once if the backlog has space.
    private static readonly TimeSpan SilenceThreshold = TimeSpan.FromSeconds(1);

    private readonly List<Socket> _sockets = [];

    private BlackHole()
    {
    }

    public static async Task<BlackHole> StartAsync(IPAddress address, int port)
    {
        BlackHole hole = new();
        Socket listener = hole.CreateSocket(address);
        listener.Bind(new IPEndPoint(address, port));
        listener.Listen(1);
        while (hole._sockets.Count < 64)
        {
            Task connect = hole.CreateSocket(address).ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
            if (await Task.WhenAny(connect, Task.Delay(SilenceThreshold)) != connect)
            {
                // It stays pending until Dispose, which fails it.
                _ = connect.ContinueWith(static c => _ = c.Exception, TaskScheduler.Default);
                return hole;
            }
        }

        hole.Dispose();
        throw new InvalidOperationException($"The backlog of {address} does not fill up.");
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private Socket CreateSocket(IPAddress address)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        return socket;
    }
}
