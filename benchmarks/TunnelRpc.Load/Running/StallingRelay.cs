using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Load.Running;

/// <summary>
/// Relays TCP connections to a server on 127.0.0.1. It can stop relaying what the server sends, and disconnect all clients and refuse new
/// ones. Thread-safe.
/// </summary>
internal sealed class StallingRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _port;

    // Set once.
    private volatile bool _isStalled;

    // Changed atomically.
    private long _sentBytes;

    public StallingRelay(int port)
    {
        _port = port;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The port on 127.0.0.1 that clients use.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The bytes that clients have sent.</summary>
    public long SentBytes => Volatile.Read(ref _sentBytes);

    /// <summary>From now on clients receive nothing. What they send is relayed.</summary>
    public void Stall() => _isStalled = true;

    /// <summary>Disconnects all clients and refuses new ones.</summary>
    public void Dispose()
    {
        _listener.Stop();
        _stop.Cancel();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                await Task.WhenAny(
                    CopyAsync(client.GetStream(), server.GetStream(), isFromServer: false),
                    CopyAsync(server.GetStream(), client.GetStream(), isFromServer: true));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or IOException)
            {
                // One side is disconnected, and the other one is now.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, bool isFromServer)
    {
        byte[] buffer = new byte[16 << 10];
        while (await from.ReadAsync(buffer, _stop.Token) is > 0 and int count)
        {
            if (!isFromServer)
            {
                Interlocked.Add(ref _sentBytes, count);
            }
            else if (_isStalled)
            {
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            await to.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
        }
    }
}
