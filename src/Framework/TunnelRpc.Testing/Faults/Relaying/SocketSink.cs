using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>The raw end of a direction: what comes is written as it is, and the end is a FIN, or the connection's end.</summary>
internal sealed class SocketSink(RelaySocket socket, Action finish) : IStageSink
{
    public ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken) => socket.WriteAsync(piece, cancellationToken);

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        finish();
        return ValueTask.CompletedTask;
    }
}
