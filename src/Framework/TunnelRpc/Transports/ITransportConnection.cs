using System.Buffers;

namespace TunnelRpc.Transports;

/// <summary>
/// A full-duplex byte path between the two sides. The caller never reads twice at once, nor writes twice at once, but
/// reads and writes at the same time; reads go on while a write blocks. Bytes arrive complete and in order, or the path fails.
/// </summary>
/// <remarks>
/// Any failure is thrown as <see cref="TransportException"/>; cancellation as <see cref="OperationCanceledException"/>, after
/// which the connection is good for nothing but disposal. Disposal ends pending reads and writes, is safe at any time and more than once.
/// </remarks>
public interface ITransportConnection : IAsyncDisposable
{
    /// <summary>What is known of the path: the transport's name and where the peer is.</summary>
    TransportConnectionInfo Info { get; }

    /// <summary>Reads at least one byte into <paramref name="buffer"/>, which is not empty; 0 once the peer has finished.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes all of <paramref name="data"/>; returns once it is handed to the network, flushed. The data is not used after that.</summary>
    ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken);
}
