using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Load.Paths;

/// <summary>Relays TCP connections to a server on 127.0.0.1 as over a network path. Thread-safe.</summary>
internal sealed class PathRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly PathSettings _settings;
    private readonly int _port;

    /// <param name="settings">The path.</param>
    /// <param name="port">The port of the server.</param>
    public PathRelay(PathSettings settings, int port)
    {
        _settings = settings;
        _port = port;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The port on 127.0.0.1 that clients use.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Disconnects all clients and refuses new ones.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await _listener.AcceptSocketAsync(_stop.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                await Task.WhenAll(
                    new PathDirection(client, server, _settings).RunAsync(_stop.Token),
                    new PathDirection(server, client, _settings).RunAsync(_stop.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException)
            {
                // One side is disconnected, and the other one is now.
            }
        }
    }
}
