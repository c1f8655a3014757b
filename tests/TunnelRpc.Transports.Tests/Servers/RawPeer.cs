using System.Net.Sockets;
using System.Text;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>A raw socket that sends and receives the bytes that the test specifies.</summary>
internal sealed class RawPeer(TcpClient client) : IDisposable
{
    private readonly NetworkStream _stream = client.GetStream();

    public static async Task<RawPeer> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        TcpClient client = new() { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port, cancellationToken);
        return new RawPeer(client);
    }

    public ValueTask WriteAsync(string text, CancellationToken cancellationToken)
        => _stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken);

    public Task<string> ReadHeadAsync(CancellationToken cancellationToken) => ConnectProxy.ReadHeadAsync(_stream, cancellationToken);

    public async Task<string> ReadAsync(int length, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[length];
        await _stream.ReadExactlyAsync(buffer, cancellationToken);
        return Encoding.Latin1.GetString(buffer);
    }

    /// <summary>Reads to the peer's end or a reset.</summary>
    public async Task<string> ReadToEndAsync(CancellationToken cancellationToken)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(buffer, cancellationToken) is > 0 and int read)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // The peer reset the connection.
        }

        return text.ToString();
    }

    public void Dispose() => client.Dispose();
}
