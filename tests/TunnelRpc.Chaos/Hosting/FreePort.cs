using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>
/// Finds ports for programs that are restarted on the same port. The ports are below the ephemeral port range, because an outgoing
/// connection could otherwise take the port during the restart. Stateless.
/// </summary>
internal static class FreePort
{
    private const int MinPort = 15_000;
    private const int MaxPort = 32_000;

    public static int Find()
    {
        while (true)
        {
            int port = Random.Shared.Next(MinPort, MaxPort);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // The port is in use: try another one.
            }
        }
    }
}
