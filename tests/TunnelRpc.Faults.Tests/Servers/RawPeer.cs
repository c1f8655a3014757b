using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>One side of a TCP connection that sends and receives the bytes that the test specifies.</summary>
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

    /// <summary>Reads to the end of a head, byte by byte, so that no byte after it is read.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            text.Append(await ReadAsync(1));
        }

        return text.ToString();
    }

    /// <summary>Reads a response with a Content-Length, and returns its status and its body.</summary>
    public async Task<(int Status, string Body)> ReadResponseAsync()
    {
        string head = await ReadHeadAsync();
        string contentLength = head.Split("\r\n")
            .SingleOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) ?? "Content-Length: 0";
        int status = int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture);
        return (status, await ReadAsync(int.Parse(contentLength.Split(':')[1], CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads to the peer's end.</summary>
    /// <exception cref="IOException">The peer reset the connection.</exception>
    public async Task<string> ReadToEndAsync()
    {
        using var text = new MemoryStream();
        await _stream.CopyToAsync(text).DefaultTimeout();
        return Encoding.Latin1.GetString(text.ToArray());
    }

    /// <summary>Whether the peer resets the connection in place of an orderly end.</summary>
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
