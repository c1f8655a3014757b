using System.Buffers;

namespace TunnelRpc.Transports;

/// <summary>A full-duplex, reliable, ordered byte stream between the two sides of a tunnel.</summary>
/// <remarks>
/// Guarantees of the caller (the session layer):
/// <list type="bullet">
/// <item>It has at most one <see cref="ReadAsync"/> and at most one <see cref="WriteAsync"/> in progress. A read and a write may run
/// concurrently.</item>
/// <item>It does not change a buffer before the operation that uses it has completed.</item>
/// <item>After a failed or cancelled operation it uses the connection only to dispose it.</item>
/// </list>
/// Guarantees of the implementation:
/// <list type="bullet">
/// <item>Bytes arrive complete, in order and once, or the operation fails.</item>
/// <item>A write that waits for the network does not block reads.</item>
/// <item>Disposal ends pending reads and writes, and completes after they have ended. Bytes of completed writes are still delivered when
/// the peer reads them; each transport bounds the time for that.</item>
/// </list>
/// Errors: every failure is a <see cref="TransportException"/>. Cancellation of the token is an
/// <see cref="OperationCanceledException"/>. The end of the peer's bytes is no error: a read returns 0.
/// <para>Thread-safety: <see cref="IAsyncDisposable.DisposeAsync"/> and <see cref="Info"/> can be used on any thread at any time. Reads
/// and writes can be started on any thread, within the caller's guarantees.</para>
/// <para>Disposal: the owner (the code that opened or accepted the connection, then the session) disposes it. More than one call is
/// allowed: each completes when the disposal has completed.</para>
/// </remarks>
public interface ITransportConnection : IAsyncDisposable
{
    /// <summary>The facts about the connection: the transport's name, the peer's address, TLS and user.</summary>
    TransportConnectionInfo Info { get; }

    /// <summary>Reads at least one byte, and waits for it if necessary.</summary>
    /// <param name="buffer">The destination, not empty.</param>
    /// <param name="cancellationToken">Cancels the read. The connection is then unusable.</param>
    /// <returns>The number of bytes read; 0 when the peer has ended its side of the connection.</returns>
    /// <exception cref="TransportException">The connection broke or is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>
    /// Writes all of <paramref name="data"/> and flushes it. Completes when the network stack or the send buffer has taken it.
    /// </summary>
    /// <param name="data">The bytes. The implementation does not use them after the operation has completed.</param>
    /// <param name="cancellationToken">Cancels the write. The connection is then unusable, because part of the data may be sent.</param>
    /// <exception cref="TransportException">The connection broke or is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken);
}
