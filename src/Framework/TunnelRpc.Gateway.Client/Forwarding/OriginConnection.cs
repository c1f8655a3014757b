using System.Runtime.CompilerServices;
using TunnelRpc.Gateway.Client.Streams;

namespace TunnelRpc.Gateway.Client.Forwarding;

// Decision: docs/adr/0101-bodies-beside-responses.md
/// <summary>
/// A connection of HTTP/1.1 to a local server. SocketsHttpHandler reads the responses from it and writes the requests. A request with an
/// <see cref="OriginUpload"/> is written by that one, since the handler reads no response before it has written the whole body.
/// </summary>
/// <param name="inner">The connection, after TLS. Owned.</param>
/// <remarks>For one reader and one writer at a time; the handler is both. <see cref="Abort"/> is thread-safe.</remarks>
internal sealed class OriginConnection(Stream inner) : AsyncStream
{
    // The last upload on this connection. Accessed by the writer only.
    private OriginUpload? _upload;

    // Set once. Reads then return the end of the connection.
    private volatile bool _isAborted;

    public override bool CanWrite => true;

    /// <summary>
    /// Writes a request, or passes the head of one with a body to its upload. If the body of the request before was not sent whole, nothing
    /// is written, and the connection ends: the handler then repeats a request without content on another one.
    /// </summary>
    /// <exception cref="IOException">The connection has failed, or the body of this request was sent on another one.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        OriginUpload? upload = OriginUpload.Current;
        if (_upload is { } last && last != upload)
        {
            if (!last.IsSent)
            {
                // The response of that request is complete, so the handler takes the connection for a free one. The server does not: it
                // would take these bytes for a part of the body.
                Abort();
                return ValueTask.CompletedTask;
            }

            _upload = null;
        }

        if (upload is null)
        {
            return inner.WriteAsync(buffer, cancellationToken);
        }

        _upload = upload;
        upload.AppendHead(this, inner, buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>An upload flushes what it writes.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _upload is null ? inner.FlushAsync(cancellationToken) : Task.CompletedTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (_isAborted && error is (IOException or ObjectDisposedException))
        {
            return 0;
        }
    }

    /// <summary>
    /// Closes the connection, so that the server does not take an unfinished request for a whole one. The reader gets the end of the
    /// connection and no failure: it may be that of the next request, which the handler then repeats on another one.
    /// </summary>
    public void Abort()
    {
        _isAborted = true;
        inner.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
