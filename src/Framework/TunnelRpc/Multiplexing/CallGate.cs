namespace TunnelRpc.Multiplexing;

/// <summary>
/// Keeps this side within the number of calls that the peer runs at once: further ones wait, first come, first served. Calls that
/// a running one may be waiting for have as much again.
/// </summary>
internal sealed class CallGate(int limit)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private TunnelException? _failure;
    private string? _draining;

    // Set once, when it matters.
    private volatile Action? _onEmpty;

    // Changed atomically; counts waiters who were let in, too.
    private int _open;

    // Changed atomically: how many are in the queue, or about to be.
    private int _waiters;

    // Changed atomically: one-way calls among them that the peer has not said are over.
    private int _oneWays;

    public int Open => Volatile.Read(ref _open);

    /// <summary>Those that get an answer.</summary>
    public int Answered => Open - Volatile.Read(ref _oneWays);

    public int Waiters => Volatile.Read(ref _waiters);

    public bool TryEnter() => TryEnter(limit);

    /// <summary>For a call nested in one that runs.</summary>
    public bool TryEnterNested() => TryEnter(2L * limit);

    /// <param name="place">Calls that belong to no other wait no more once the session drains.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="TunnelException">The session has ended, or drains.</exception>
    public async ValueTask EnterAsync(CallPlace place, CancellationToken cancellationToken)
    {
        while (!TryEnter())
        {
            LinkedListNode<TaskCompletionSource> turn;
            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw _failure;
                }

                if (_draining is not null && place == CallPlace.Free)
                {
                    throw new SessionDrainingException(_draining);
                }

                // Announced before the look: whoever leaves after it sees the waiter.
                Interlocked.Increment(ref _waiters);
                if (Volatile.Read(ref _open) < limit)
                {
                    Interlocked.Decrement(ref _waiters);
                    continue;
                }

                turn = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            try
            {
                await turn.Value.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                GiveUp(turn);
                throw;
            }
        }
    }

    public void Exit()
    {
        int left = Interlocked.Decrement(ref _open);
        if (left < limit && Volatile.Read(ref _waiters) > 0)
        {
            WakeNext();
        }

        if (left == 0)
        {
            _onEmpty?.Invoke();
        }
    }

    /// <summary>The session drains: calls that belong to no other wait no more.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="onEmpty">Called whenever no call is left; on whichever thread, under whatever lock.</param>
    public void Drain(string reason, Action onEmpty)
    {
        _onEmpty = onEmpty;
        lock (_gate)
        {
            _draining = reason;
            while (_waiting.Count > 0)
            {
                // Those that may go on wait again.
                WakeNextLocked();
            }
        }
    }

    /// <summary>A call that has entered is about to be sent: a one-way call keeps its room until the peer says that it is over.</summary>
    public void Hold(FrameFlags flags)
    {
        if ((flags & FrameFlags.OneWay) != 0)
        {
            Interlocked.Increment(ref _oneWays);
        }
    }

    /// <summary>A call that was half sent has been given up, and has left.</summary>
    public void Drop(FrameFlags flags)
    {
        if ((flags & FrameFlags.OneWay) != 0)
        {
            Interlocked.Decrement(ref _oneWays);
        }
    }

    /// <summary>The peer says that so many one-way calls are over; false when there are not that many.</summary>
    public bool TryEndOneWays(ulong count)
    {
        if (count == 0 || count > (ulong)Volatile.Read(ref _oneWays))
        {
            return false;
        }

        Interlocked.Add(ref _oneWays, -(int)count);
        for (ulong i = 0; i < count; i++)
        {
            Exit();
        }

        return true;
    }

    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            // Those who wait look again, and find it: nobody is left with a failure that is not looked at.
            _failure = error;
            while (_waiting.Count > 0)
            {
                WakeNextLocked();
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
            WakeNextLocked();
        }
    }

    private void WakeNextLocked()
    {
        if (_waiting.First is { } turn)
        {
            Leave(turn);
            turn.Value.SetResult();
        }
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> turn)
    {
        lock (_gate)
        {
            if (turn.List is not null)
            {
                Leave(turn);
            }
            else
            {
                // The turn came as the wait was given up: it is passed on, or it would be lost to those behind.
                WakeNextLocked();
            }
        }
    }

    private void Leave(LinkedListNode<TaskCompletionSource> turn)
    {
        _waiting.Remove(turn);
        Interlocked.Decrement(ref _waiters);
    }
}
