using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>A connection whose reads return bytes first that were already read from the inner connection.</summary>
/// <param name="connection">The inner connection, disposed with this one.</param>
/// <param name="prefix">The bytes to return first. Used by the reader only.</param>
internal sealed class PrefixedConnection(ITransportConnection connection, ReadOnlyMemory<byte> prefix) : ITransportConnection
{
    public TransportConnectionInfo Info => connection.Info;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (prefix.IsEmpty)
        {
            return connection.ReadAsync(buffer, cancellationToken);
        }

        int count = Math.Min(prefix.Length, buffer.Length);
        prefix[..count].CopyTo(buffer);
        prefix = prefix[count..];
        return ValueTask.FromResult(count);
    }

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        connection.WriteAsync(data, cancellationToken);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
