using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Client.Streams;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>
/// The body of a request, or the bytes after an upgrade, as a stream. It takes a piece from the call when the application reads and the
/// last piece is used up, so flow control stops the sender while the application does not read. Asynchronous only. For one reader at a
/// time.
/// </summary>
/// <param name="parts">The parts of the call.</param>
/// <param name="exchange">The exchange.</param>
internal sealed class RequestBody(IAsyncEnumerable<HttpOriginPart> parts, HttpExchange exchange) : AsyncStream
{
    private IAsyncEnumerator<HttpOriginPart>? _enumerator;

    // The move whose wait was cancelled; the next read waits for it. Null when no move is pending.
    private Task<bool>? _pendingMove;

    private ReadOnlyMemory<byte> _piece;
    private long _received;
    private volatile bool _isAtEnd;

    /// <summary>Whether all bytes have been read, and the trailers have arrived.</summary>
    public bool IsAtEnd => _isAtEnd;

    /// <summary>Reads what there is, at least one byte. A read into an empty buffer waits for data.</summary>
    /// <exception cref="BadHttpRequestException">The body is larger than its limit or its Content-Length, or is shorter.</exception>
    /// <exception cref="IOException">The caller has broken off, or the exchange is aborted.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        exchange.OnBodyRead();
        while (_piece.IsEmpty && !_isAtEnd)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }

        int count = Math.Min(buffer.Length, _piece.Length);
        _piece.Span[..count].CopyTo(buffer.Span);
        _piece = _piece[count..];
        return count;
    }

    /// <summary>The application has ended. Called once, after the last read.</summary>
    public async ValueTask ReleaseAsync()
    {
        // An enumerator must not be disposed while it moves; the end of the call ends a pending move.
        if (_enumerator is not null && _pendingMove is null)
        {
            await _enumerator.DisposeAsync().ConfigureAwait(false);
        }
    }

    protected override Exception CreateSynchronousException() => ResponseStream.SynchronousNotSupported();

    private async ValueTask ReceiveAsync(CancellationToken cancellationToken)
    {
        bool any;
        try
        {
            any = await MoveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (exchange.IsAborted && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException("The request is aborted.", error);
        }
        catch (TunnelException broken)
        {
            throw new IOException($"The gateway broke off the request: {broken.Message}", broken);
        }

        if (!any)
        {
            _isAtEnd = true;
            if (exchange.CanHaveBody && exchange.RequestContentLength is { } expected && _received < expected)
            {
                throw new BadHttpRequestException($"Unexpected end of the request body: expected {expected} bytes, got {_received}.");
            }

            return;
        }

        switch (_enumerator!.Current)
        {
            case { Data: { IsEmpty: false } piece, Head: null, Trailers: null }:
                OnReceived(piece);
                break;
            case { Trailers: { } trailers, Data: null, Head: null }:
                exchange.OnRequestTrailers(trailers);
                break;
            default:
                throw new BadHttpRequestException(
                    "The gateway sent a part that is not valid in a request body: expected a piece that is not empty, or trailers.");
        }
    }

    private void OnReceived(ReadOnlyMemory<byte> piece)
    {
        _received += piece.Length;
        exchange.CheckRequestBodySize(_received);
        if (exchange.CanHaveBody && exchange.RequestContentLength is { } expected && _received > expected)
        {
            throw new BadHttpRequestException($"The request body is longer than its Content-Length of {expected} bytes.");
        }

        _piece = piece;
    }

    private async ValueTask<bool> MoveAsync(CancellationToken cancellationToken)
    {
        exchange.ThrowIfAborted();
        if (_pendingMove is null)
        {
            // The items end with the call, so they need no token.
            _enumerator ??= parts.GetAsyncEnumerator(CancellationToken.None);
            ValueTask<bool> move = _enumerator.MoveNextAsync();
            if (move.IsCompleted)
            {
                return await move.ConfigureAwait(false);
            }

            _pendingMove = move.AsTask();
        }

        CancellationToken aborted = exchange.AbortToken;
        using CancellationTokenSource? linked = cancellationToken.CanBeCanceled && cancellationToken != aborted
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, aborted)
            : null;
        try
        {
            bool any = await _pendingMove.WaitAsync(linked?.Token ?? aborted).ConfigureAwait(false);
            _pendingMove = null;
            return any;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
