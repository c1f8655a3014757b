using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Copies bytes both ways between two sockets, through faults.</summary>
internal static class ByteRelay
{
    /// <summary>Completes when both directions have ended or the connection is. Closes nothing.</summary>
    public static async Task RunAsync(
        ClientConnection connection, RelaySocket server, FaultProfile profile, IEnumerable<StreamFault> upFaults, IEnumerable<StreamFault> downFaults)
    {
        ConnectionTermination end = connection.Termination;
        using var idle = new IdleTimer(profile.IdleTimeout, connection.State.TimeProvider, end);
        var up = new FaultChain(upFaults, Sink(server, profile, end), connection.CreateContext());
        await using (up.ConfigureAwait(false))
        {
            var down = new FaultChain(downFaults, Sink(connection.Client, profile, end), connection.CreateContext());
            await using (down.ConfigureAwait(false))
            {
                await Task.WhenAll(PumpAsync(connection.Client, up, idle, end), PumpAsync(server, down, idle, end)).ConfigureAwait(false);
            }
        }

        if (end.Kind == TerminationKind.Reset)
        {
            server.Reset();
        }
    }

    private static SocketSink Sink(RelaySocket peer, FaultProfile profile, ConnectionTermination end)
        => new(peer, profile.ClosesOnHalfClose ? end.Close : peer.ShutdownSend);

    private static async Task PumpAsync(RelaySocket source, FaultChain sink, IdleTimer idle, ConnectionTermination end)
    {
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        try
        {
            while (await source.ReadAsync(buffer, end.Token).ConfigureAwait(false) is > 0 and int read)
            {
                idle.Restart();
                await sink.WriteAsync(buffer.AsMemory(0, read), end.Token).ConfigureAwait(false);
            }

            await sink.CompleteAsync(end.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (RelayFailure.IsExpected(exception))
        {
            // One side is gone: so is the other one's peer.
            end.Reset();
        }
    }
}
