using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

/// <summary>What an attempt does between opening a path and the session's handshake on it. Without state.</summary>
internal static class EndToEndTlsLayer
{
    /// <summary>Puts end-to-end TLS into the path where it is wanted.</summary>
    /// <param name="connection">The path; the result's when this succeeds, else the caller's.</param>
    /// <param name="address">The server.</param>
    /// <param name="options">The client's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TunnelException">The server refused, without TLS.</exception>
    /// <exception cref="TransportException">The path failed, or the server is not the one that is wanted.</exception>
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
            throw await CreatePlaintextReplyExceptionAsync(new PrefixedConnection(connection, plain.ReceivedBytes), plain.ReceivedBytes.Span[0], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A server that takes no TLS, or nobody at all now, answers with REFUSE.</summary>
    private static async ValueTask<Exception> CreatePlaintextReplyExceptionAsync(ITransportConnection connection, byte firstByte, CancellationToken cancellationToken)
    {
        if (firstByte != (byte)RecordType.Refuse)
        {
            return new TransportException($"end-to-end TLS: expected TLS in answer (a first byte of 0x16), got 0x{firstByte:X2}: what answered is not the server, or does not know end-to-end TLS.") { IsPermanent = true };
        }

        using var input = new ReceiveBuffer(connection);
        (_, byte[] payload) = await input.ReadRecordAsync(cancellationToken).ConfigureAwait(false);
        Refusal refusal = Refusal.Parse(payload);
        return new TunnelException(refusal.Status, $"The server refused the session before TLS: {refusal.Reason}");
    }
}
