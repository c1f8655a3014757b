using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Relays bytes in both directions between two sockets, through faults.</summary>
internal static class ByteRelay
{
    /// <summary>
    /// Completes when both directions have ended or the connection is terminated. The caller closes the sockets.
    /// </summary>
    public static async Task RunAsync(
        ClientConnection connection,
        RelaySocket server,
        FaultProfile profile,
        IEnumerable<StreamFault> upFaults,
        IEnumerable<StreamFault> downFaults)
    {
        ConnectionTermination termination = connection.Termination;
        using var idle = new IdleTimer(profile.IdleTimeout, connection.State.TimeProvider, termination);
        var up = new FaultChain(upFaults, Sink(server, profile, termination), connection.CreateContext());
        await using (up.ConfigureAwait(false))
        {
            var down = new FaultChain(downFaults, Sink(connection.Client, profile, termination), connection.CreateContext());
            await using (down.ConfigureAwait(false))
            {
                Task pumpingUp = PumpAsync(connection.Client, up, idle, termination);
                Task pumpingDown = PumpAsync(server, down, idle, termination);
                await Task.WhenAll(pumpingUp, pumpingDown).ConfigureAwait(false);
            }
        }

        if (termination.Kind == TerminationKind.Reset)
        {
            server.Reset();
        }
    }

    private static SocketSink Sink(RelaySocket peer, FaultProfile profile, ConnectionTermination termination) =>
        new(peer, profile.ClosesOnHalfClose ? termination.Close : peer.ShutdownSend);

    private static async Task PumpAsync(RelaySocket source, FaultChain sink, IdleTimer idle, ConnectionTermination termination)
    {
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        try
        {
            while (await source.ReadAsync(buffer, termination.Token).ConfigureAwait(false) is > 0 and int read)
            {
                idle.Restart();
                await sink.WriteAsync(buffer.AsMemory(0, read), termination.Token).ConfigureAwait(false);
            }

            await sink.CompleteAsync(termination.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (RelayFailure.IsExpected(exception))
        {
            // One side is disconnected, so the other side is reset too.
            termination.Reset();
        }
    }
}
