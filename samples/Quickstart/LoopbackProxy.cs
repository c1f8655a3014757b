using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quickstart;

/// <summary>A minimal HTTP proxy for the "connect" transport: it supports CONNECT to loopback addresses only.</summary>
internal sealed class LoopbackProxy : IAsyncDisposable
{
    private const int MaxHead = 8 << 10;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public static LoopbackProxy Start()
    {
        var proxy = new LoopbackProxy();
        proxy._listener.Start();
        proxy._running = proxy.AcceptAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var tunnels = new List<Task>();
        try
        {
            while (true)
            {
                tunnels.Add(TunnelAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(tunnels);
        }
    }

    private async Task TunnelAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream near = client.GetStream();
                string[] requestLine = (await ReadHeadAsync(near)).Split("\r\n")[0].Split(' ');
                if (requestLine is not ["CONNECT", var target, _] || !IPEndPoint.TryParse(target, out IPEndPoint? endPoint)
                    || !IPAddress.IsLoopback(endPoint.Address))
                {
                    await near.WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), _stop.Token);
                    return;
                }

                using var server = new TcpClient();
                await server.ConnectAsync(endPoint, _stop.Token);
                NetworkStream far = server.GetStream();
                await near.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _stop.Token);
                await Task.WhenAny(near.CopyToAsync(far, _stop.Token), far.CopyToAsync(near, _stop.Token));
            }
            catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException)
            {
                // When one direction ends, both connections are closed.
            }
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        byte[] head = new byte[MaxHead];
        int length = 0;
        while (length < head.Length)
        {
            // Read byte by byte: the bytes after the head belong to the tunnel.
            if (await stream.ReadAsync(head.AsMemory(length, 1), _stop.Token) == 0)
            {
                break;
            }

            if (head.AsSpan(0, ++length).EndsWith("\r\n\r\n"u8))
            {
                break;
            }
        }

        return Encoding.ASCII.GetString(head, 0, length);
    }
}
