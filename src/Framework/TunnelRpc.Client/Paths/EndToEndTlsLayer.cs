using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

/// <summary>Adds end-to-end TLS to a connection, before the session's handshake on it. Without state.</summary>
internal static class EndToEndTlsLayer
{
    /// <summary>
    /// Returns a connection with end-to-end TLS inside <paramref name="connection"/> if the options require it, or else the same
    /// connection.
    /// </summary>
    /// <param name="connection">The connection. The returned connection owns it; on failure the caller still owns it.</param>
    /// <param name="address">The server.</param>
    /// <param name="options">The client's options.</param>
    /// <param name="cancellationToken">Cancels the TLS handshake.</param>
    /// <exception cref="TunnelException">The server refused the session before TLS.</exception>
    /// <exception cref="TransportException">The connection failed, or the server's certificate is not valid.</exception>
    public static async ValueTask<ITransportConnection> WrapAsync(
        ITransportConnection connection, Uri address, TunnelClientOptions options, CancellationToken cancellationToken)
    {
        if (options.EndToEndTls is not { } tls)
        {
            return connection;
        }

        try
        {
            return await TlsDialer.DialAsync(connection, tls, address.IdnHost, cancellationToken).ConfigureAwait(false);
        }
        catch (NotTlsException plain)
        {
            var prefixed = new PrefixedConnection(connection, plain.ReceivedBytes);
            throw await CreatePlaintextReplyExceptionAsync(prefixed, plain.ReceivedBytes.Span[0], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Creates the exception for a reply without TLS. A server that does not offer end-to-end TLS, or that accepts no session now, replies
    /// with a REFUSE record.
    /// </summary>
    private static async ValueTask<Exception> CreatePlaintextReplyExceptionAsync(
        ITransportConnection connection, byte firstByte, CancellationToken cancellationToken)
    {
        if (firstByte != (byte)RecordType.Refuse)
        {
            return new TransportException(
                $"end-to-end TLS: expected a TLS record (first byte 0x16), got 0x{firstByte:X2}. "
                + "The responder is not the server, or does not support end-to-end TLS.")
            {
                IsPermanent = true,
            };
        }

        using var input = new ReceiveBuffer(connection);
        (_, byte[] payload) = await input.ReadRecordAsync(cancellationToken).ConfigureAwait(false);
        Refusal refusal = Refusal.Parse(payload);
        return new SessionRefusedException(refusal, $"The server refused the session before TLS: {refusal.Reason}") { IsBeforeTls = true };
    }
}
