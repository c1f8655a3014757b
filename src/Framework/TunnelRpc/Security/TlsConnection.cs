using System.Buffers;
using System.Net.Security;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Security;

// Decision: docs/adr/0013-tls-below-the-session.md
/// <summary>
/// A connection inside end-to-end TLS. It ends without the close_notify alert of TLS: the session's CLOSE record, which is inside TLS,
/// marks an orderly end.
/// </summary>
/// <param name="tls">The TLS stream after its handshake.</param>
/// <param name="connection">The connection below TLS, disposed with this one.</param>
/// <param name="info">The facts about the connection.</param>
internal sealed class TlsConnection(SslStream tls, ITransportConnection connection, TransportConnectionInfo info)
    : TransportConnection(info)
{
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await tls.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException wrapped) when (wrapped.InnerException is TransportException failure)
        {
            throw new TransportException(failure.Message, wrapped) { HttpStatus = failure.HttpStatus, IsPermanent = failure.IsPermanent };
        }
    }

    protected override async ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            await SequenceStreamWriter.WriteAsync(tls, data, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException wrapped) when (wrapped.InnerException is TransportException failure)
        {
            throw new TransportException(failure.Message, wrapped) { HttpStatus = failure.HttpStatus, IsPermanent = failure.IsPermanent };
        }
    }

    protected override async ValueTask CloseAsync()
    {
        await tls.DisposeAsync().ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
