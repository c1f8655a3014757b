using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Transports;

/// <summary>One side of an in-memory connection.</summary>
internal sealed class InMemoryConnection(InMemoryPipe incoming, InMemoryPipe outgoing, TransportConnectionInfo info) : ITransportConnection
{
    public TransportConnectionInfo Info { get; } = info;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        incoming.ReadAsync(buffer, cancellationToken);

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        outgoing.WriteAsync(data, cancellationToken);

    public ValueTask DisposeAsync()
    {
        outgoing.CloseWriter();
        incoming.CloseReader();
        return ValueTask.CompletedTask;
    }
}
