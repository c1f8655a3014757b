using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>A connection with bytes that were read from it already, to be read again first.</summary>
/// <param name="connection">The connection; disposed with this.</param>
/// <param name="prefix">What was read; the reader's.</param>
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

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) => connection.WriteAsync(data, cancellationToken);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
