using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Chaos.Net;

/// <summary>
/// A TCP relay on a free loopback port, whose connections are all cut at once, at any byte and in every way: the whole path,
/// however many connections it has. Thread-safe. Disposal closes all sockets.
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

    /// <param name="server">Where the connections go.</param>
    /// <param name="bytesPerTick">The most that passes a connection and direction in 10 ms; null for no bound.</param>
    public CutRelay(Uri server, int? bytesPerTick = null)
    {
        _upstream = new IPEndPoint(IPAddress.Parse(server.Host), server.Port);
        _bytesPerTick = bytesPerTick;
        if (bytesPerTick is not null)
        {
            // A slow line holds little, or its ends would not notice how slow it is.
            _listener.ReceiveBufferSize = _listener.SendBufferSize = 32 << 10;
        }

        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = new UriBuilder(server) { Port = ((IPEndPoint)_listener.LocalEndPoint!).Port }.Uri;
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public int OpenConnections => _open.Count;

    /// <summary>Connections taken so far.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>While it is set, new connections are reset: there is no way to the server.</summary>
    public bool RefusesConnections
    {
        get => _refusesConnections;
        set => _refusesConnections = value;
    }

    /// <summary>
    /// Orders the next cut: when <paramref name="afterBytes"/> have passed in one direction. One that was ordered before and has not come is
    /// made now.
    /// </summary>
    /// <param name="kind">How.</param>
    /// <param name="up">Which direction's bytes count.</param>
    /// <param name="afterBytes">How many.</param>
    /// <param name="onDone">Told when it is made.</param>
    /// <returns>Whether there was a path to cut.</returns>
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

    /// <summary>The next connection is cut in its first bytes, which are most likely those of a handshake.</summary>
    public void ScheduleHandshakeCut(CutKind kind, bool up, long afterBytes, Action<CutKind> onDone) =>
        Volatile.Write(ref _handshakeCut, connection => new ScheduledCut(kind, up, afterBytes, [connection], onDone));

    /// <summary>Cuts now.</summary>
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
        if (Interlocked.Exchange(ref _handshakeCut, null) is { } aftershock)
        {
            connection.Arm(aftershock(connection));
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
