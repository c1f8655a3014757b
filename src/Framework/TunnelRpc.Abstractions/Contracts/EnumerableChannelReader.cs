using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace TunnelRpc;

/// <summary>
/// Reads items as a channel, without a queue or a task of its own: the enumeration advances when a reader waits for an item. Thread-safe.
/// </summary>
internal sealed class EnumerableChannelReader<T>(IAsyncEnumerable<T> items) : ChannelReader<T>
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate. The current item of the enumerator was not read if _hasItem; no move is in progress then.
    private IAsyncEnumerator<T>? _enumerator;
    private Task<bool>? _move;
    private bool _hasItem;
    private bool _isEnded;
    private Exception? _error;

    public override Task Completion => _completion.Task;

    public override bool TryRead([MaybeNullWhen(false)] out T item)
    {
        lock (_gate)
        {
            if (!_hasItem)
            {
                item = default;
                return false;
            }

            _hasItem = false;
            item = _enumerator!.Current;
            return true;
        }
    }

    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        Task<bool> move;
        lock (_gate)
        {
            if (_hasItem || _isEnded)
            {
                return _hasItem ? new ValueTask<bool>(true)
                    : _error is null ? new ValueTask<bool>(false)
                    : ValueTask.FromException<bool>(_error);
            }

            if (_move is null or { IsCompleted: true })
            {
                _move = MoveAsync();
            }

            move = _move;
        }

        return new ValueTask<bool>(cancellationToken.CanBeCanceled ? move.WaitAsync(cancellationToken) : move);
    }

    private async Task<bool> MoveAsync()
    {
        try
        {
            _enumerator ??= items.GetAsyncEnumerator();
            if (await _enumerator.MoveNextAsync().ConfigureAwait(false))
            {
                lock (_gate)
                {
                    _hasItem = true;
                }

                return true;
            }
        }
        catch (Exception error)
        {
            await EndAsync(error).ConfigureAwait(false);
            throw;
        }

        await EndAsync(null).ConfigureAwait(false);
        return false;
    }

    private async Task EndAsync(Exception? error)
    {
        lock (_gate)
        {
            _isEnded = true;
            _error = error;
        }

        if (_enumerator is not null)
        {
            await _enumerator.DisposeAsync().ConfigureAwait(false);
        }

        if (error is null)
        {
            _completion.TrySetResult();
        }
        else
        {
            _completion.TrySetException(error);

            // Readers get the exception from WaitToReadAsync. Completion need not be awaited.
            _ = _completion.Task.Exception;
        }
    }
}
