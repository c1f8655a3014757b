namespace TunnelRpc.References;

/// <summary>
/// The imported reference of a readable stream: reads the peer's stream, with backpressure. The first read starts the call, and disposal
/// cancels it. The reference is released at the end of the bytes, at a failure, by disposal, or when the application no longer holds it.
/// For one reader at a time.
/// </summary>
internal sealed class RemoteReadStream(TunnelInvoker source) : RemoteStreamBase
{
    private readonly CancellationTokenSource _closed = new();
    private IAsyncEnumerator<PooledBytes>? _chunks;

    // The MoveNextAsync of a read that was cancelled; the next read awaits it.
    private Task<bool>? _pendingMove;
    private PooledBytes _current;
    private int _consumed;
    private bool _ended;

    public override bool CanRead => !_closed.IsCancellationRequested;

    public override bool CanWrite => false;

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
        while (_consumed == _current.Length)
        {
            if (buffer.IsEmpty || _ended || !await ReadNextChunkAsync(cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }
        }

        int count = Math.Min(buffer.Length, _current.Length - _consumed);
        _current.Array.AsSpan(_consumed, count).CopyTo(buffer.Span);
        _consumed += count;
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_closed.IsCancellationRequested)
        {
            await _closed.CancelAsync().ConfigureAwait(false);
            if (_pendingMove is not null)
            {
                await ((Task)_pendingMove).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (_chunks is not null)
            {
                await _chunks.DisposeAsync().ConfigureAwait(false);
            }

            source.ReleaseReference();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed.IsCancellationRequested)
        {
            // Cancelling the call does not block.
            _closed.Cancel();
            source.ReleaseReference();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<bool> ReadNextChunkAsync(CancellationToken cancellationToken)
    {
        try
        {
            _chunks ??= source.InvokeServerStreamingAsync(IByteSource.Read, default, _closed.Token).GetAsyncEnumerator(_closed.Token);
            _pendingMove ??= _chunks.MoveNextAsync().AsTask();
            bool hasChunk = await _pendingMove.WaitAsync(cancellationToken).ConfigureAwait(false);
            _pendingMove = null;
            _current.Return();
            _current = hasChunk ? _chunks.Current : default;
            _consumed = 0;
            _ended = !hasChunk;
            if (_ended)
            {
                source.ReleaseReference();
            }

            return hasChunk;
        }
        catch (TunnelException error)
        {
            // The stream of the peer is read once, so a stream that has failed is of no further use.
            source.ReleaseReference();
            throw CreateIOException(error);
        }
        catch (OperationCanceledException) when (_pendingMove is not null)
        {
            // If no further read awaits the task, observe its exception here.
            _ = _pendingMove.ContinueWith(
                static move => move.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }
}
