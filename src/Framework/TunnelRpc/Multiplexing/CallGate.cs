namespace TunnelRpc.Multiplexing;

/// <summary>
/// Keeps this side within the number of calls that the peer runs at once: further ones wait, first come, first served. Calls that
/// a running one may be waiting for have as much again.
/// </summary>
internal sealed class CallGate(int limit)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private TunnelException? _failure;

    // Changed atomically; counts waiters who were let in, too.
    private int _open;

    // Changed atomically: how many are in the queue, or about to be.
    private int _waiters;

    public int Open => Volatile.Read(ref _open);

    public bool TryEnter() => TryEnter(limit);

    /// <summary>For a call nested in one that runs.</summary>
    public bool TryEnterNested() => TryEnter(2L * limit);

    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        while (!TryEnter())
        {
            TaskCompletionSource turn;
            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw _failure;
                }

                // Announced before the look: whoever leaves after it sees the waiter.
                Interlocked.Increment(ref _waiters);
                if (Volatile.Read(ref _open) < limit)
                {
                    Interlocked.Decrement(ref _waiters);
                    continue;
                }

                turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue(turn);
            }

            try
            {
                await turn.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // If the turn came as the wait was given up, it is passed on, or it would be lost to those behind.
                if (!turn.TrySetCanceled(CancellationToken.None))
                {
                    WakeNext();
                }

                throw;
            }
        }
    }

    public void Exit()
    {
        if (Interlocked.Decrement(ref _open) < limit && Volatile.Read(ref _waiters) > 0)
        {
            WakeNext();
        }
    }

    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            _failure = error;
            while (_waiting.TryDequeue(out TaskCompletionSource? turn))
            {
                turn.TrySetException(error);
            }
        }
    }

    private bool TryEnter(long most)
    {
        if (Interlocked.Increment(ref _open) <= most)
        {
            return true;
        }

        Exit();
        return false;
    }

    private void WakeNext()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out TaskCompletionSource? turn))
            {
                Interlocked.Decrement(ref _waiters);
                if (turn.TrySetResult())
                {
                    return;
                }
            }
        }
    }
}
