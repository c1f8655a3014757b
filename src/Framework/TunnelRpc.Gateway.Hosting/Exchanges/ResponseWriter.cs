using System.Buffers;
using System.IO.Pipelines;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>
/// The writer of a response's body. The first flush starts the response. After an abort, and in a response to HEAD, what is written is
/// dropped; a flush after an abort says that the reader has completed. For one writer at a time.
/// </summary>
/// <param name="exchange">The exchange.</param>
/// <param name="pipe">The pipe from which the parts of the response are taken.</param>
internal sealed class ResponseWriter(HttpExchange exchange, PipeWriter pipe) : PipeWriter
{
    /// <summary>
    /// The largest piece that is written between two flushes, in whole blocks, so that one large write is not buffered as a whole.
    /// </summary>
    private const int MaxUnflushedWrite = 4 * BodyBlocks.BlockSize;

    // What is written into it is dropped.
    private byte[] _scratch = [];

    // Whether the memory that was requested last is that of _scratch.
    private bool _isScratch;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => pipe.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        _isScratch = exchange.DropsBody;
        if (!_isScratch)
        {
            return pipe.GetMemory(sizeHint);
        }

        if (_scratch.Length < Math.Max(sizeHint, 1))
        {
            _scratch = new byte[Math.Max(sizeHint, 4096)];
        }

        return _scratch;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        exchange.OnWriting(bytes);
        if (!_isScratch)
        {
            pipe.Advance(bytes);
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        exchange.HasStarted ? FlushStartedAsync(cancellationToken) : StartAndFlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        exchange.CheckCapacity(source.Length);
        if (source.Length > MaxUnflushedWrite)
        {
            return WriteInPiecesAsync(source, cancellationToken);
        }

        this.Write(source.Span);
        return FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => pipe.CancelPendingFlush();

    /// <summary>
    /// The application writes no more. Without an exception, the response is complete when the application has ended; with one, the
    /// application has failed.
    /// </summary>
    public override void Complete(Exception? exception = null)
    {
        if (exception is not null)
        {
            exchange.OnApplicationFailed(exception);
        }
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        Complete(exception);
        if (exception is null)
        {
            await exchange.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<FlushResult> StartAndFlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await exchange.StartAsync().ConfigureAwait(false);
        return await FlushStartedAsync(cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<FlushResult> FlushStartedAsync(CancellationToken cancellationToken)
    {
        if (exchange.IsAborted)
        {
            return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, isCompleted: true));
        }

        ValueTask<FlushResult> flush = pipe.FlushAsync(cancellationToken);
        exchange.PublishHead();
        return flush.IsCompletedSuccessfully ? flush : AwaitFlushAsync(flush);
    }

    /// <summary>Waits until the reader has caught up. An abort cancels the flush of the pipe.</summary>
    private async ValueTask<FlushResult> AwaitFlushAsync(ValueTask<FlushResult> flush)
    {
        FlushResult result = await flush.ConfigureAwait(false);
        return exchange.IsAborted ? new FlushResult(isCanceled: false, isCompleted: true) : result;
    }

    private async ValueTask<FlushResult> WriteInPiecesAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        FlushResult result = default;
        while (!source.IsEmpty && !result.IsCanceled)
        {
            ReadOnlyMemory<byte> piece = source[..Math.Min(source.Length, MaxUnflushedWrite)];
            this.Write(piece.Span);
            result = await FlushAsync(cancellationToken).ConfigureAwait(false);
            source = source[piece.Length..];
        }

        return result;
    }
}
