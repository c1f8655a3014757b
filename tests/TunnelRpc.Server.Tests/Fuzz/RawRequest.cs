using System.Net;
using System.Net.Sockets;
using System.Text;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Server.Tests.Fuzz;

/// <summary>Sends bytes to a server over a connection of their own, and returns the status of the response. Stateless.</summary>
internal static class RawRequest
{
    // How long a server may wait for the rest of an incomplete request before the test ends the request.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Returns the status; null if the server closed the connection without a response.</summary>
    public static async Task<int?> SendAsync(Uri server, byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port).DefaultTimeout();
        byte[] buffer = new byte[4096];
        int length = 0;
        try
        {
            await socket.SendAsync(request).DefaultTimeout();
            if (request.AsSpan().IndexOf("\r\n\r\n"u8) < 0)
            {
                socket.Shutdown(SocketShutdown.Send);
            }

            while (true)
            {
                Task<int> reading = socket.ReceiveAsync(buffer.AsMemory(length)).AsTask();
                if (await Task.WhenAny(reading, Task.Delay(Patience)) != reading)
                {
                    socket.Shutdown(SocketShutdown.Send);
                }

                int count = await reading.DefaultTimeout();
                length += count;
                string text = Encoding.Latin1.GetString(buffer, 0, length);
                if (text.Contains("\r\n", StringComparison.Ordinal))
                {
                    return int.Parse(text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
                }

                if (count == 0)
                {
                    return null;
                }
            }
        }
        catch (SocketException)
        {
            // The server has reset the connection.
            return null;
        }
    }
}
