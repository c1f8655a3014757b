using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Chaos.Net;

/// <summary>
/// A TCP relay on a free loopback port. A cut, at any byte and of any kind, applies to all its connections: the whole path, however
/// many connections it has. Thread-safe. Disposal closes all sockets.
/// </summary>
internal sealed class CutRelay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<RelayedConnection, Task> _open = new();
    private readonly EndPoint _upstream;
    private readonly int? _bytesPerTick;
    private readonly Task _accepting;
    private volatile bool _refusesConnections;
    private volatile ScheduledCut? _scheduled;
    private Func<RelayedConnection, ScheduledCut>? _handshakeCut;
    private long _accepted;

    /// <param name="server">The server to which connections are relayed.</param>
    /// <param name="bytesPerTick">The maximum number of bytes for each connection and direction in 10 ms; null for no limit.</param>
    public CutRelay(Uri server, int? bytesPerTick = null)
    {
        _upstream = new IPEndPoint(IPAddress.Parse(server.Host), server.Port);
        _bytesPerTick = bytesPerTick;
        if (bytesPerTick is not null)
        {
            // Small socket buffers, so that the limited rate causes backpressure at both ends.
            _listener.ReceiveBufferSize = _listener.SendBufferSize = 32 << 10;
        }

        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = new UriBuilder(server) { Port = ((IPEndPoint)_listener.LocalEndPoint!).Port }.Uri;
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public int OpenConnections => _open.Count;

    /// <summary>The number of accepted connections.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>While true, new connections are reset, so the server is unreachable.</summary>
    public bool RefusesConnections
    {
        get => _refusesConnections;
        set => _refusesConnections = value;
    }

    /// <summary>
    /// Schedules the next cut, after <paramref name="afterBytes"/> bytes have passed in one direction. A scheduled cut that has not
    /// happened yet is executed now.
    /// </summary>
    /// <param name="kind">The kind of the cut.</param>
    /// <param name="up">Whether the bytes to the server are counted; otherwise those to the client.</param>
    /// <param name="afterBytes">The number of bytes that pass before the cut.</param>
    /// <param name="onDone">Called when the cut happens.</param>
    /// <returns>Whether there was a connection to cut.</returns>
    public bool ScheduleCut(CutKind kind, bool up, long afterBytes, Action<CutKind> onDone)
    {
        _scheduled?.Execute();
        RelayedConnection[] connections = [.. _open.Keys];
        var cut = new ScheduledCut(kind, up, afterBytes, connections, onDone);
        foreach (RelayedConnection connection in connections)
        {
            connection.Arm(cut);
        }

        _scheduled = cut.IsEmpty ? null : cut;
        return !cut.IsEmpty;
    }

    /// <summary>Schedules a cut in the first bytes of the next connection, which are most likely a handshake.</summary>
    public void ScheduleHandshakeCut(CutKind kind, bool up, long afterBytes, Action<CutKind> onDone) =>
        Volatile.Write(ref _handshakeCut, connection => new ScheduledCut(kind, up, afterBytes, [connection], onDone));

    /// <summary>Cuts all connections now.</summary>
    public void CutNow(CutKind kind)
    {
        foreach (RelayedConnection connection in _open.Keys)
        {
            connection.Break(kind);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (RelayedConnection connection in _open.Keys)
        {
            connection.Close();
        }

        await Task.WhenAll(_open.Values);
    }

    private async Task AcceptAsync()
    {
        var connecting = new List<Task>();
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync();
                connecting.RemoveAll(t => t.IsCompleted);
                connecting.Add(ServeAsync(client));
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connecting);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        client.NoDelay = true;
        Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (_refusesConnections)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            await server.ConnectAsync(_upstream);
        }
        catch (SocketException)
        {
            client.LingerState = new LingerOption(true, 0);
            client.Dispose();
            server.Dispose();
            return;
        }

        var connection = new RelayedConnection(client, server, _bytesPerTick);
        if (Interlocked.Exchange(ref _handshakeCut, null) is { } createCut)
        {
            connection.Arm(createCut(connection));
        }

        Interlocked.Increment(ref _accepted);
        var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[connection] = RunAsync(connection, registered.Task);
        registered.SetResult();
    }

    private async Task RunAsync(RelayedConnection connection, Task registered)
    {
        await registered;
        await connection.RunAsync();
        _open.TryRemove(connection, out _);
    }
}
