using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Lab.Gateway;

/// <summary>
/// A public client that writes HTTP/1.1 itself, over TLS: HttpClient reads no response before it has sent the whole request. For one caller
/// at a time.
/// </summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client;
    private readonly SslStream _stream;
    private readonly StringBuilder _received = new();

    private RawClient(TcpClient client, SslStream stream)
    {
        _client = client;
        _stream = stream;
    }

    public static async Task<RawClient> ConnectAsync(Uri address)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, address.Port);
            var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, LabCertificate.Trusting(null));
            await stream.AuthenticateAsClientAsync(address.Host).DefaultTimeout();
            return new RawClient(client, stream);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads until the received text contains the given one, and returns it; fails at the end of the connection.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        byte[] buffer = new byte[4096];
        while (!_received.ToString().Contains(end, StringComparison.Ordinal))
        {
            int count = await _stream.ReadAsync(buffer).DefaultTimeout();
            if (count == 0)
            {
                throw new IOException($"Expected \"{end}\", got the end of the connection after \"{_received}\".");
            }

            _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return _received.ToString();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }
}
