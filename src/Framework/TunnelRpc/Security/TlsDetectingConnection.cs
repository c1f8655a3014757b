using System.Buffers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Security;

/// <summary>
/// A connection as a server gets it: the first byte that is read tells whether TLS is inside, and if so, that read is the TLS handshake,
/// too. Whatever bounds the first read (time, how many there may be at once) so bounds the handshake. What is written before it, a refusal,
/// is written plain.
/// </summary>
/// <remarks>
/// A client that is to be told why it is not served ends the first read with a <see cref="TunnelException"/>, which the session's handshake
/// answers with REFUSE: inside of TLS when that is up.
/// </remarks>
/// <param name="connection">The path; disposed with this.</param>
/// <param name="options">What the server offers; null for nothing.</param>
/// <param name="endpoint">The address that it came to; null when there is but one.</param>
internal sealed class TlsDetectingConnection(ITransportConnection connection, TunnelServerTlsOptions? options, string? endpoint) : ITransportConnection, IZeroByteReadConnection
{
    // The path itself until TLS is up. Set by the first read, before anything but a refusal is written.
    private volatile ITransportConnection _connection = connection;

    // The reader's.
    private bool _isTlsDetected;

    public TransportConnectionInfo Info => endpoint is null ? _connection.Info : _connection.Info with { AcceptedEndpoint = endpoint };

    public bool SupportsZeroByteReads => _isTlsDetected && _connection is IZeroByteReadConnection { SupportsZeroByteReads: true };

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _isTlsDetected ? _connection.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) => _connection.WriteAsync(data, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = await _connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _isTlsDetected = true;
        if (count == 0 || buffer.Span[0] != Tls.HandshakeContentType)
        {
            return count == 0 || options is not { RequireEncryption: true }
                ? count
                : throw new TunnelException(TunnelStatus.FailedPrecondition, "This server takes end-to-end TLS only, and got a client without it: set TunnelClientOptions.EndToEndTls.");
        }

        if (options is null)
        {
            throw new TunnelException(TunnelStatus.Unimplemented, "This server does not offer end-to-end TLS: set TunnelServerOptions.EndToEndTls there, or leave TunnelClientOptions.EndToEndTls out.");
        }

        (_connection, string? refusal) = await TlsAcceptor.AcceptAsync(new PrefixedConnection(_connection, buffer[..count].ToArray()), options, cancellationToken).ConfigureAwait(false);

        // Also before a refusal: a path that is closed while the client still writes its HELLO may lose the refusal with it.
        count = await _connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return refusal is null ? count : throw new TunnelException(TunnelStatus.Unauthenticated, refusal);
    }
}
