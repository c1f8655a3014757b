using System.Net.Sockets;

namespace TunnelRpc.Chaos.Net;

/// <summary>A client's connection through the relay.</summary>
/// <param name="client">The client's side; owned.</param>
/// <param name="server">The server's side; owned.</param>
/// <param name="bytesPerTick">The maximum number of bytes for each direction in 10 ms; null for no limit.</param>
internal sealed class RelayedConnection(Socket client, Socket server, int? bytesPerTick)
{
    private const int BufferBytes = 32 << 10;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private volatile ScheduledCut? _cut;
    private volatile bool _isBroken;

    /// <summary>Relays until both sides have ended the connection, then closes the sockets. Completes without an exception.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(PumpAsync(client, server, isUp: true), PumpAsync(server, client, isUp: false));
        client.Dispose();
        server.Dispose();
    }

    /// <summary>Sets the scheduled cut, and replaces an earlier one that has not happened yet.</summary>
    public void Arm(ScheduledCut cut) => _cut = cut;

    /// <summary>Cuts the connection: no bytes pass after this.</summary>
    public void Break(CutKind kind)
    {
        _isBroken = true;
        if (kind is CutKind.Reset or CutKind.ResetClient)
        {
            Reset(client);
        }

        if (kind is CutKind.Reset or CutKind.ResetServer)
        {
            Reset(server);
        }

        if (kind == CutKind.Fin)
        {
            Finish(client);
            Finish(server);
        }
    }

    /// <summary>Resets both sides.</summary>
    public void Close()
    {
        _isBroken = true;
        Reset(client);
        Reset(server);
    }

    private async Task PumpAsync(Socket from, Socket to, bool isUp)
    {
        byte[] chunk = new byte[bytesPerTick is { } limit ? Math.Min(limit, BufferBytes) : BufferBytes];
        using PeriodicTimer? pace = bytesPerTick is null ? null : new PeriodicTimer(Tick);
        try
        {
            while (await from.ReceiveAsync(chunk) is > 0 and int read)
            {
                if (pace is not null)
                {
                    await pace.WaitForNextTickAsync();
                }

                // Bytes on a cut connection are dropped, without a signal to the sender.
                if (!_isBroken)
                {
                    await ForwardAsync(to, chunk.AsMemory(0, read), isUp);
                }
            }

            EndOf(from, to);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            if (!_isBroken)
            {
                // One side was reset, so the other one is reset too.
                Close();
            }
            else
            {
                from.Dispose();
            }
        }
    }

    private async Task ForwardAsync(Socket to, ReadOnlyMemory<byte> chunk, bool isUp)
    {
        ScheduledCut? cut = _cut;
        int passing = cut?.Pass(isUp, chunk.Length) ?? chunk.Length;
        ReadOnlyMemory<byte> remaining = chunk[..passing];
        try
        {
            while (remaining.Length > 0)
            {
                remaining = remaining[await to.SendAsync(remaining)..];
            }
        }
        catch (Exception closed) when (_isBroken && (closed is SocketException or ObjectDisposedException))
        {
            // The cut happened concurrently. Its kind may require that the other side sees no effect.
            return;
        }

        if (passing < chunk.Length)
        {
            cut!.Execute();
        }
    }

    private void EndOf(Socket from, Socket to)
    {
        if (_isBroken)
        {
            from.Dispose();
        }
        else
        {
            Finish(to);
        }
    }

    private static void Finish(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The socket is closed already.
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The socket is closed already.
        }
    }
}
