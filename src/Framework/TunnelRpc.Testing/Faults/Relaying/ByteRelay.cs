using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Copies bytes both ways between two sockets, through faults.</summary>
internal static class ByteRelay
{
    /// <summary>Completes when both directions have ended or the connection is. Closes nothing.</summary>
    public static async Task RunAsync(
        ClientConnection connection, Peer server, FaultPersonality personality, IEnumerable<StreamFault> upFaults, IEnumerable<StreamFault> downFaults)
    {
        RelayEnd end = connection.End;
        using var idle = new IdleWatch(personality.IdleLimit, connection.State.TimeProvider, end);
        var up = new FaultChain(upFaults, Sink(server, personality, end), connection.CreateContext());
        await using (up.ConfigureAwait(false))
        {
            var down = new FaultChain(downFaults, Sink(connection.Client, personality, end), connection.CreateContext());
            await using (down.ConfigureAwait(false))
            {
                await Task.WhenAll(PumpAsync(connection.Client, up, idle, end), PumpAsync(server, down, idle, end)).ConfigureAwait(false);
            }
        }

        if (end.Kind == EndKind.Reset)
        {
            server.Reset();
        }
    }

    private static PeerSink Sink(Peer peer, FaultPersonality personality, RelayEnd end)
        => new(peer, personality.EndsOnHalfClose ? end.Close : peer.FinishWriting);

    private static async Task PumpAsync(Peer source, FaultChain sink, IdleWatch idle, RelayEnd end)
    {
        byte[] buffer = new byte[Peer.MaxPieceBytes];
        try
        {
            while (await source.ReadAsync(buffer, end.Token).ConfigureAwait(false) is > 0 and int read)
            {
                idle.Touch();
                await sink.WriteAsync(buffer.AsMemory(0, read), end.Token).ConfigureAwait(false);
            }

            await sink.CompleteAsync(end.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (RelayFailure.IsOrdinary(exception))
        {
            // One side is gone: so is the other one's peer.
            end.Reset();
        }
    }
}
