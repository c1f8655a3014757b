using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>
/// Finds ports for programs that come back on theirs: below those that the system gives to outgoing connections, one of which could take the
/// port in between. Without state.
/// </summary>
internal static class FreePort
{
    private const int Least = 15_000;
    private const int Most = 32_000;

    public static int Find()
    {
        while (true)
        {
            int port = Random.Shared.Next(Least, Most);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // It is taken: another one.
            }
        }
    }
}
