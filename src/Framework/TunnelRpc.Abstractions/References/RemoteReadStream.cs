namespace TunnelRpc.References;

/// <summary>Reads the other side's stream, with its back-pressure. The call starts with the first read; disposal ends it. One reader.</summary>
internal sealed class RemoteReadStream(TunnelInvoker source) : RemoteStreamBase
{
    private readonly CancellationTokenSource _closed = new();
    private IAsyncEnumerator<PooledBytes>? _chunks;

    // A move that a cancelled read left behind: the next read takes it up.
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

        int taken = Math.Min(buffer.Length, _current.Length - _consumed);
        _current.Array.AsSpan(_consumed, taken).CopyTo(buffer.Span);
        _consumed += taken;
        return taken;
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
            // Cancels the call, which needs no waiting.
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
            bool any = await _pendingMove.WaitAsync(cancellationToken).ConfigureAwait(false);
            _pendingMove = null;
            _current.Return();
            _current = any ? _chunks.Current : default;
            _consumed = 0;
            _ended = !any;
            return any;
        }
        catch (TunnelException error)
        {
            throw CreateIOException(error);
        }
        catch (OperationCanceledException) when (_pendingMove is not null)
        {
            // Perhaps nobody reads again: then its failure is nobody's.
            _ = _pendingMove.ContinueWith(
                static moved => moved.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }
}
