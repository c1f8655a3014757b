using System.Net;
using System.Net.Sockets;
using System.Text;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Apps;

/// <summary>A connection on which a test writes and reads bytes itself. Text is Latin 1. For one caller at a time.</summary>
internal sealed class RawConnection(TcpClient client) : IDisposable
{
    private readonly NetworkStream _stream = client.GetStream();
    private readonly StringBuilder _received = new();

    public static async Task<RawConnection> ConnectAsync(int port)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port);
        return new RawConnection(client);
    }

    /// <summary>Sends text; a line feed that follows no carriage return is sent as it is.</summary>
    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads until the received text contains the given one, and returns the text up to its end. The rest stays.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        while (true)
        {
            string all = _received.ToString();
            int index = all.IndexOf(end, StringComparison.Ordinal);
            if (index >= 0)
            {
                index += end.Length;
                _received.Remove(0, index);
                return all[..index];
            }

            (await ReceiveAsync()).ShouldBeTrue($"Expected \"{end}\", got the end after: {all}");
        }
    }

    /// <summary>Reads to the end of the connection, or until it is reset.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        return _received.ToString();
    }

    /// <summary>Closes the connection with a reset.</summary>
    public void Reset()
    {
        client.Client.LingerState = new LingerOption(true, 0);
        client.Close();
    }

    public void Dispose() => client.Dispose();

    private async Task<bool> ReceiveAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            int count = await _stream.ReadAsync(buffer).DefaultTimeout();
            _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
            return count > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
