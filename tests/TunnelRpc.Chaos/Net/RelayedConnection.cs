using System.Net.Sockets;

namespace TunnelRpc.Chaos.Net;

/// <summary>A client's connection through the relay, until both sides have ended it.</summary>
/// <param name="client">The client's side; owned.</param>
/// <param name="server">The server's side; owned.</param>
/// <param name="bytesPerTick">The most that passes each direction in 10 ms; null for no bound.</param>
internal sealed class RelayedConnection(Socket client, Socket server, int? bytesPerTick)
{
    private const int BufferBytes = 32 << 10;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private volatile ScheduledCut? _cut;
    private volatile bool _isBroken;

    /// <summary>Completes, without an exception, when both sockets are closed.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(PumpAsync(client, server, isUp: true), PumpAsync(server, client, isUp: false));
        client.Dispose();
        server.Dispose();
    }

    /// <summary>A cut is to come. One that was ordered before and has not come is forgotten here.</summary>
    public void Arm(ScheduledCut cut) => _cut = cut;

    /// <summary>Nothing passes any more.</summary>
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

    /// <summary>Closes both sides, whatever they are at.</summary>
    public void Close()
    {
        _isBroken = true;
        Reset(client);
        Reset(server);
    }

    private async Task PumpAsync(Socket from, Socket to, bool isUp)
    {
        byte[] piece = new byte[bytesPerTick is { } most ? Math.Min(most, BufferBytes) : BufferBytes];
        using PeriodicTimer? pace = bytesPerTick is null ? null : new PeriodicTimer(Tick);
        try
        {
            while (await from.ReceiveAsync(piece) is > 0 and int read)
            {
                if (pace is not null)
                {
                    await pace.WaitForNextTickAsync();
                }

                // What comes of a broken path is dropped; the sender is not told.
                if (!_isBroken)
                {
                    await ForwardAsync(to, piece.AsMemory(0, read), isUp);
                }
            }

            EndOf(from, to);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            if (!_isBroken)
            {
                // One side was reset: so is the other one.
                Close();
            }
            else
            {
                from.Dispose();
            }
        }
    }

    private async Task ForwardAsync(Socket to, ReadOnlyMemory<byte> piece, bool isUp)
    {
        ScheduledCut? cut = _cut;
        int passing = cut?.Pass(isUp, piece.Length) ?? piece.Length;
        ReadOnlyMemory<byte> left = piece[..passing];
        try
        {
            while (left.Length > 0)
            {
                left = left[await to.SendAsync(left)..];
            }
        }
        catch (Exception gone) when (_isBroken && (gone is SocketException or ObjectDisposedException))
        {
            // The cut came in between; the other side may have to remain as if nothing had happened.
            return;
        }

        if (passing < piece.Length)
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
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }
}
