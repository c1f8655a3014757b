using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>
/// The sink of a direction without framing: it writes the bytes unchanged. At the end it runs <paramref name="finish"/>, which sends FIN or
/// closes the connection.
/// </summary>
internal sealed class SocketSink(RelaySocket socket, Action finish) : IStageSink
{
    public ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken) =>
        socket.WriteAsync(chunk, cancellationToken);

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        finish();
        return ValueTask.CompletedTask;
    }
}
