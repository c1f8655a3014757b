using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>
/// The parts of a response, as the call sends them: the head, pieces of the body, the trailers. A piece is memory of the pipe, valid until
/// the next move. Enumerated once, by one consumer. Disposal before the end aborts the exchange, and waits until the application has
/// ended, as its call must.
/// </summary>
/// <param name="exchange">The exchange.</param>
/// <param name="cancellation">The registration that aborts the exchange when the call is cancelled; disposed at the end.</param>
/// <param name="requests">Is notified of the end.</param>
internal sealed class ResponseParts(HttpExchange exchange, CancellationTokenRegistration cancellation, RunningRequests requests)
    : IAsyncEnumerable<HttpOriginPart>, IAsyncEnumerator<HttpOriginPart>
{
    // The position after the current piece, to which the pipe advances with the next move. Null when there is no current piece.
    private SequencePosition? _consumed;

    private Position _position = Position.BeforeHead;

    private enum Position
    {
        BeforeHead,
        Body,
        Trailers,
        End,
        Disposed,
    }

    public HttpOriginPart Current { get; private set; } = null!;

    // The call's token is observed by the registration.
    public IAsyncEnumerator<HttpOriginPart> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> MoveNextAsync()
    {
        if (_position == Position.BeforeHead)
        {
            await exchange.HeadOrAbort.ConfigureAwait(false);
            exchange.ThrowIfAborted();
            Current = new HttpOriginPart { Head = exchange.Head };
            _position = Position.Body;
            return true;
        }

        if (_position == Position.Body)
        {
            if (await MoveToPieceAsync().ConfigureAwait(false))
            {
                return true;
            }

            _position = Position.Trailers;
        }

        if (_position == Position.Trailers)
        {
            _position = Position.End;
            if (exchange.ResponseTrailers is { } trailers)
            {
                Current = new HttpOriginPart { Trailers = trailers };
                return true;
            }
        }

        await exchange.WaitForRequestBodyAsync().ConfigureAwait(false);
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_position == Position.Disposed)
        {
            return;
        }

        bool isComplete = _position == Position.End;
        _position = Position.Disposed;
        await cancellation.DisposeAsync().ConfigureAwait(false);
        if (!isComplete)
        {
            exchange.Abort(new TunnelException(TunnelStatus.Cancelled, "The caller reads no more of the response."));
            await exchange.Completion.ConfigureAwait(false);
        }

        // The application may hold memory of the pipe until it has ended or completed the response.
        await exchange.ResponseReader.CompleteAsync().ConfigureAwait(false);
        requests.OnSideEnded();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> MoveToPieceAsync()
    {
        PipeReader reader = exchange.ResponseReader;
        if (_consumed is { } consumed)
        {
            _consumed = null;
            reader.AdvanceTo(consumed);
        }

        while (true)
        {
            ReadResult result = await reader.ReadAsync().ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (exchange.IsAborted)
            {
                reader.AdvanceTo(buffer.Start);
                exchange.ThrowIfAborted();
            }

            if (!buffer.IsEmpty && exchange.HasResponseBody)
            {
                ReadOnlyMemory<byte> piece = FirstPiece(buffer);
                _consumed = buffer.GetPosition(piece.Length);
                Current = new HttpOriginPart { Data = piece };
                return true;
            }

            // A response without a body has bytes here if it replaces one that the application had not flushed.
            reader.AdvanceTo(buffer.End);
            if (result.IsCompleted)
            {
                return false;
            }
        }
    }

    private static ReadOnlyMemory<byte> FirstPiece(ReadOnlySequence<byte> buffer)
    {
        foreach (ReadOnlyMemory<byte> segment in buffer)
        {
            if (!segment.IsEmpty)
            {
                // A write of the application may have asked for a larger block.
                return segment[..Math.Min(segment.Length, BodyBlocks.BlockSize)];
            }
        }

        throw new InvalidOperationException("A buffer that is not empty has a segment that is not empty.");
    }
}
