using System.Buffers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Security;

// Decision: docs/adr/0014-tls-detected-by-first-byte.md
/// <summary>
/// An accepted connection that may contain end-to-end TLS. The first byte of the first read shows whether it does; if so, the first read
/// also performs the TLS handshake. The limits of the first read (handshake timeout, number of pending handshakes) therefore bound the
/// TLS handshake, too. A refusal that is written before the first read is written without TLS.
/// </summary>
/// <remarks>
/// If the server refuses the client, the first read throws a <see cref="TunnelException"/>. The session's handshake then sends its
/// message in a REFUSE record: inside TLS after the TLS handshake has completed, otherwise without TLS.
/// </remarks>
/// <param name="connection">The accepted connection, disposed with this one.</param>
/// <param name="options">The server's settings; null when the server does not offer end-to-end TLS.</param>
/// <param name="endpoint">The mapped path that accepted the connection; null when there is one only.</param>
/// <param name="userExpires">When the authentication of the connection's user expires; null when it does not.</param>
internal sealed class TlsDetectingConnection(
    ITransportConnection connection, TunnelServerTlsOptions? options, string? endpoint, DateTimeOffset? userExpires = null)
    : ITransportConnection, IZeroByteReadConnection
{
    // The accepted connection, replaced by the TLS connection after the TLS handshake. The first read sets it, before anything but a
    // refusal is written.
    private volatile ITransportConnection _connection = connection;

    // Whether the first read is done. Used by the reader only.
    private bool _isTlsDetected;

    public TransportConnectionInfo Info => endpoint is null
        ? _connection.Info
        : _connection.Info with { AcceptedEndpoint = endpoint, UserExpires = userExpires };

    public bool SupportsZeroByteReads => _isTlsDetected && _connection is IZeroByteReadConnection { SupportsZeroByteReads: true };

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _isTlsDetected ? _connection.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        _connection.WriteAsync(data, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = await _connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _isTlsDetected = true;
        if (count == 0 || buffer.Span[0] != Tls.HandshakeContentType)
        {
            return count == 0 || options is not { RequireEncryption: true }
                ? count
                : throw new TunnelException(
                    TunnelStatus.FailedPrecondition,
                    "This server requires end-to-end TLS, and got a client without it: set TunnelClientOptions.EndToEndTls.");
        }

        if (options is null)
        {
            throw new TunnelException(
                TunnelStatus.Unimplemented,
                "This server does not offer end-to-end TLS: set TunnelServerOptions.EndToEndTls there, or do not set "
                    + "TunnelClientOptions.EndToEndTls.");
        }

        var prefixed = new PrefixedConnection(_connection, buffer[..count].ToArray());
        (_connection, string? refusal) = await TlsAcceptor.AcceptAsync(prefixed, options, cancellationToken).ConfigureAwait(false);

        // Read the HELLO also before a refusal: if the connection closes while the client still writes its HELLO, the client may not
        // receive the refusal.
        count = await _connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return refusal is null ? count : throw new TunnelException(TunnelStatus.Unauthenticated, refusal);
    }
}
