using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>
/// A TCP proxy that closes each connection after a random number of bytes, so that requests and responses are lost at any place: before
/// the request, within it, after it, within the response. Deterministic for a seed and an order of connections.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _server;
    private readonly int _maxBytes;
    private readonly Task _accepting;

    // Used by the accepting loop only.
    private readonly Random _random;
    private int _cuts;

    /// <param name="server">The server behind the proxy.</param>
    /// <param name="maxBytes">The most bytes of a connection in one direction.</param>
    /// <param name="seed">The seed of the random numbers.</param>
    public CuttingProxy(Uri server, int maxBytes, int seed)
    {
        _server = new IPEndPoint(IPAddress.Loopback, server.Port);
        _maxBytes = maxBytes;
        _random = new Random(seed);
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>The number of connections that were cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                int up = _random.Next(_maxBytes);
                int down = _random.Next(_maxBytes);
                connections.RemoveAll(c => c.IsCompleted);
                connections.Add(ForwardAsync(client, up, down));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ForwardAsync(TcpClient client, int up, int down)
    {
        using TcpClient accepted = client;
        using var server = new TcpClient();
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            await server.ConnectAsync(_server, cut.Token);
            Task first = await Task.WhenAny(
                CopyAsync(accepted.GetStream(), server.GetStream(), up, cut.Token),
                CopyAsync(server.GetStream(), accepted.GetStream(), down, cut.Token));
            await first;
        }
        catch (Exception closed) when (closed is IOException or SocketException or OperationCanceledException)
        {
            // A side has closed the connection.
        }

        await cut.CancelAsync();
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, int remaining, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[4096];
        while (remaining > 0)
        {
            int count = await from.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, remaining)), cancellationToken);
            if (count == 0)
            {
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            remaining -= count;
        }

        Interlocked.Increment(ref _cuts);
    }
}
