using System.Buffers;
using System.Net.Security;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Security;

/// <summary>
/// A connection inside of TLS. It ends without TLS's own closing message: the session's CLOSE, which is inside, says whether the end is
/// an orderly one.
/// </summary>
/// <param name="tls">TLS, its handshake done.</param>
/// <param name="connection">What it runs on; disposed with this.</param>
/// <param name="info">What is known of the path.</param>
internal sealed class TlsConnection(SslStream tls, ITransportConnection connection, TransportConnectionInfo info) : TransportConnection(info)
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
