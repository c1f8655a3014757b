using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Transcripts;

/// <summary>
/// A connection on which a test writes the bytes of a transcript, and reads whole messages. Text is Latin 1, so that each character is a
/// byte. For one caller at a time.
/// </summary>
internal sealed class WireConnection : IDisposable
{
    private const string HeadEnd = "\r\n\r\n";

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly StringBuilder _received = new();

    public static async Task<WireConnection> ConnectAsync(int port)
    {
        var connection = new WireConnection();
        await connection._client.ConnectAsync(IPAddress.Loopback, port);
        return connection;
    }

    /// <summary>Sends text as it is.</summary>
    public async Task SendAsync(string text) => await _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text)).DefaultTimeout();

    /// <summary>
    /// Reads a message: its head, and the body of its Content-Length. The server's own Date is replaced by "Date: *"; a Date of the program
    /// behind the gateway is of 2008, and stays.
    /// </summary>
    public async Task<string> ReadAsync()
    {
        string head = await ReadHeadAsync();
        int length = head.Split("\r\n")
            .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(line => int.Parse(line["Content-Length:".Length..], CultureInfo.InvariantCulture))
            .SingleOrDefault();
        return head + await TakeAsync(length);
    }

    /// <summary>Reads a head only.</summary>
    public async Task<string> ReadHeadAsync()
    {
        int end;
        while ((end = _received.ToString().IndexOf(HeadEnd, StringComparison.Ordinal)) < 0)
        {
            await ReceiveAsync();
        }

        string[] lines = (await TakeAsync(end + HeadEnd.Length)).Split("\r\n");
        return string.Join(
            "\r\n",
            lines.Select(line => line.StartsWith("Date: ", StringComparison.Ordinal) && !line.Contains(" 2008 ") ? "Date: *" : line));
    }

    public void Dispose() => _client.Dispose();

    private async Task<string> TakeAsync(int count)
    {
        while (_received.Length < count)
        {
            await ReceiveAsync();
        }

        string taken = _received.ToString(0, count);
        _received.Remove(0, count);
        return taken;
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        int count = await _client.GetStream().ReadAsync(buffer).DefaultTimeout();
        count.ShouldBeGreaterThan(0, $"Expected a message, got the end of the connection after: {_received}");
        _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
    }
}
