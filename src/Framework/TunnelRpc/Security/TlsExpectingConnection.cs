using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>The connection of a client that waits for TLS: a first byte of anything else ends the handshake with what came, instead of with TLS's own words about it.</summary>
internal sealed class TlsExpectingConnection(ITransportConnection connection) : ITransportConnection
{
    // The reader's.
    private bool _isTls;

    public TransportConnectionInfo Info => connection.Info;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _isTls ? connection.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) => connection.WriteAsync(data, cancellationToken);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count > 0 && buffer.Span[0] is not (Tls.HandshakeContentType or Tls.AlertContentType))
        {
            throw new NotTlsException(buffer[..count].ToArray());
        }

        _isTls = true;
        return count;
    }
}
