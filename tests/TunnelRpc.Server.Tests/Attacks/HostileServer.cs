using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TunnelRpc.Client;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>A server whose responses, and bytes after them, the test writes. Each connection gets the same.</summary>
internal sealed class HostileServer : IAsyncDisposable
{
    public const string Upgraded = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private int _connections;

    /// <param name="response">The head that answers a request.</param>
    /// <param name="serve">Runs after the response; the connection is closed when it ends.</param>
    public HostileServer(string response, Func<ITransportConnection, Task>? serve = null)
    {
        _listener.Start();
        _accepting = AcceptAsync(Encoding.Latin1.GetBytes(response), serve);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/tunnel");

    /// <summary>The number of connections that were accepted.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The heads of the requests that were received.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>A client of this server that makes one attempt by one transport.</summary>
    public TunnelClient CreateClient(
        RecordingLoggerFactory log, Action<TunnelClientOptions>? configure = null, string transport = "upgrade")
    {
        var options = new TunnelClientOptions
        {
            Address = Address,
            ConnectTimeout = TimeSpan.Zero,
            AttemptTimeout = TimeSpan.FromSeconds(60),
        };
        foreach (ITransport other in options.Transports.Where(t => t.Name != transport).ToArray())
        {
            options.Transports.Remove(other);
        }

        configure?.Invoke(options);
        return new TunnelClient(options, log);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync(byte[] response, Func<ITransportConnection, Task>? serve)
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stopping.Token);
                Interlocked.Increment(ref _connections);
                serving.Add(ServeAsync(socket, response, serve));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test ends: an ended listener throws InvalidOperationException, also as ObjectDisposedException.
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(Socket socket, byte[] response, Func<ITransportConnection, Task>? serve)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            byte[] last = new byte[1];
            var head = new StringBuilder();
            for (int matched = 0; matched < 4; matched = last[0] == "\r\n\r\n"[matched] ? matched + 1 : 0)
            {
                await stream.ReadExactlyAsync(last, _stopping.Token);
                head.Append((char)last[0]);
            }

            Heads.Enqueue(head.ToString());

            await stream.WriteAsync(response, _stopping.Token);
            await (serve?.Invoke(new SocketConnection(stream, _stopping.Token)) ?? Task.CompletedTask);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or TransportException or TunnelException)
        {
            // The client has disconnected.
        }
    }
}
