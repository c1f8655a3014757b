using System.Net.Sockets;
using System.Text;

namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>One end of a TCP connection that says what the test writes, and reads what the test asks for.</summary>
internal sealed class RawPeer(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public static async Task<RawPeer> ConnectAsync(Uri address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port).DefaultTimeout();
        return new RawPeer(socket);
    }

    public Task WriteAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).DefaultTimeout();

    public void ShutdownSend() => socket.Shutdown(SocketShutdown.Send);

    public async Task<string> ReadAsync(int length)
    {
        byte[] buffer = new byte[length];
        await _stream.ReadExactlyAsync(buffer).DefaultTimeout();
        return Encoding.Latin1.GetString(buffer);
    }

    /// <summary>To the end of a head, byte by byte, so that nothing behind it is taken.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            text.Append(await ReadAsync(1));
        }

        return text.ToString();
    }

    /// <summary>An answer with a Content-Length: its status, and its body.</summary>
    public async Task<(int Status, string Body)> ReadResponseAsync()
    {
        string head = await ReadHeadAsync();
        string length = head.Split("\r\n").SingleOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) ?? "Content-Length: 0";
        return (int.Parse(head.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), await ReadAsync(int.Parse(length.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>What comes until the peer finishes.</summary>
    /// <exception cref="IOException">The peer reset the connection.</exception>
    public async Task<string> ReadToEndAsync()
    {
        using var text = new MemoryStream();
        await _stream.CopyToAsync(text).DefaultTimeout();
        return Encoding.Latin1.GetString(text.ToArray());
    }

    /// <summary>Whether the connection was reset, rather than finished.</summary>
    public async Task<bool> IsResetAsync()
    {
        try
        {
            await ReadToEndAsync();
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _stream.Dispose();
}
