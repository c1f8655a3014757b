using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Peers;

/// <summary>A connection that counts its writes.</summary>
internal sealed class CountingConnection(ITransportConnection inner) : ITransportConnection
{
    private int _writes;

    public int Writes => Volatile.Read(ref _writes);

    public TransportConnectionInfo Info => inner.Info;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAsync(buffer, cancellationToken);

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writes);
        return inner.WriteAsync(data, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
