using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>
/// A client's connection during the TLS handshake. If the first received byte is not TLS, the read throws a
/// <see cref="NotTlsException"/> with the received bytes, in place of the less helpful error of
/// <see cref="System.Net.Security.SslStream"/>.
/// </summary>
internal sealed class TlsExpectingConnection(ITransportConnection connection) : ITransportConnection
{
    // Whether the first byte was TLS. Used by the reader only.
    private bool _isTls;

    public TransportConnectionInfo Info => connection.Info;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _isTls ? connection.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        connection.WriteAsync(data, cancellationToken);

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
