using System.Diagnostics;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0052-message-quotas.md
/// <summary>
/// Admits messages up to a number of bytes, in order of arrival. A message is admitted while the admitted bytes are below the limit, so a
/// message larger than the limit passes alone, and the sum exceeds the limit by less than one message. Nested calls come before others; the
/// deepest call of one chain is admitted beyond the limit, so that calls that wait for each other complete. Thread-safe.
/// </summary>
/// <param name="limit">The limit, in bytes.</param>
[DebuggerDisplay("{AdmittedBytes} bytes of {_limit}, {WaiterCount} waiting")]
internal sealed class ByteQuota(long limit)
{
    /// <summary>The arguments of stalled calls that are admitted, as a multiple of the limit. As for the number of calls.</summary>
    private const int StalledCallsFactor = 17;

    private readonly long _limit = limit;
    private readonly Lock _gate = new();

    // Guarded by _gate. Not empty only while _admitted is at the limit: a release admits as many as possible. Created with the first
    // waiter: most sessions have none.
    private LinkedList<Waiter>? _waiters;
    private LinkedList<Waiter>? _nestedWaiters;

    // Guarded by _gate.
    private CallsBeyondLimit _beyondLimit;
    private TunnelException? _failure;

    // Guarded by _gate: the bytes that were released since the last check for a stall, and whether none were released since one was found.
    private long _releasedBytes;
    private bool _isStalled;

    // Changed under _gate; read without it.
    private long _admitted;

    /// <summary>The admitted bytes.</summary>
    public long AdmittedBytes => Volatile.Read(ref _admitted);

    // Called under _gate.
    private bool IsBelowStalledLimit => _admitted < 3 * _limit;

    /// <summary>The messages that wait.</summary>
    public int WaiterCount
    {
        get
        {
            lock (_gate)
            {
                return WaiterCountLocked;
            }
        }
    }

    // Called under _gate.
    private int WaiterCountLocked => (_waiters?.Count ?? 0) + (_nestedWaiters?.Count ?? 0);

    /// <summary>Admits a message if none waits and the limit allows it.</summary>
    public bool TryAdd(int bytes)
    {
        lock (_gate)
        {
            if (_admitted >= _limit || WaiterCountLocked > 0)
            {
                return false;
            }

            _admitted += bytes;
            return true;
        }
    }

    /// <summary>Admits a message that must not wait, whatever the limit.</summary>
    public void AddBeyondLimit(int bytes)
    {
        lock (_gate)
        {
            _admitted += bytes;
        }
    }

    /// <summary>
    /// The size of an admitted message has changed: it was encoded again after a wait, and the application has changed its content.
    /// </summary>
    public void Adjust(int difference)
    {
        if (difference > 0)
        {
            AddBeyondLimit(difference);
        }
        else
        {
            Release(-difference);
        }
    }

    /// <summary>Waits until the message is admitted. A wait that fails or is cancelled has admitted nothing.</summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask AddAsync(int bytes, CancellationToken cancellationToken) =>
        await AddAsync(new Waiter(bytes, default, false), cancellationToken).ConfigureAwait(false);

    /// <summary>Waits until an item is admitted. A wait that fails or is cancelled has admitted nothing.</summary>
    /// <param name="bytes">The size of the message.</param>
    /// <param name="passesWhenStalled">Whether <see cref="AdmitStalledItems"/> may admit it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask AddItemAsync(int bytes, bool passesWhenStalled, CancellationToken cancellationToken) =>
        await AddAsync(new Waiter(bytes, default, passesWhenStalled), cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Waits until the message of a call that is not nested is admitted. A wait that fails or is cancelled has admitted nothing.
    /// </summary>
    /// <param name="bytes">The size of the message.</param>
    /// <param name="served">The limiter of the served call that makes this one-way call; null otherwise.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the call was admitted beyond the limit, because no bytes were released.</returns>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public ValueTask<bool> AddServedAsync(int bytes, IncomingCallLimiter? served, CancellationToken cancellationToken) =>
        AddAsync(new Waiter(bytes, default, false) { Served = served }, cancellationToken);

    /// <summary>Waits until the message of a call is admitted. A wait that fails or is cancelled has admitted nothing.</summary>
    /// <param name="bytes">The size of the message.</param>
    /// <param name="call">The place of the call in its chain; default for a call that is not nested.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the call was admitted beyond the limit; <see cref="Release"/> gets it back then.</returns>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public ValueTask<bool> AddAsync(int bytes, NestedCall call, CancellationToken cancellationToken) =>
        AddAsync(new Waiter(bytes, call, false), cancellationToken);

    private ValueTask<bool> AddAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        (int bytes, NestedCall call) = (waiter.Bytes, waiter.Call);
        lock (_gate)
        {
            if (_failure is not null)
            {
                return ValueTask.FromException<bool>(_failure);
            }

            ref LinkedList<Waiter>? queue = ref call.IsNested ? ref _nestedWaiters : ref _waiters;
            if (_admitted < _limit && queue is not { Count: > 0 })
            {
                _admitted += bytes;
                return default;
            }

            if (_isStalled && waiter.PassesWhenStalled && IsBelowStalledLimit)
            {
                _admitted += bytes;
                return default;
            }

            if (call.IsNested && _beyondLimit.IsFirst(call))
            {
                _admitted += bytes;
                _beyondLimit.Add(call);
                return new ValueTask<bool>(true);
            }

            waiter.Node = (queue ??= new()).AddLast(waiter);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Releases admitted bytes, and admits messages that wait.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="callBeyondLimit">The call that was admitted beyond the limit; default otherwise.</param>
    public void Release(long bytes, NestedCall callBeyondLimit = default)
    {
        if (bytes == 0)
        {
            return;
        }

        lock (_gate)
        {
            _releasedBytes += bytes;
            _isStalled = false;
            _admitted -= bytes;
            if (callBeyondLimit.IsNested)
            {
                _beyondLimit.Remove(callBeyondLimit);
            }

            while (_admitted < _limit && (_nestedWaiters?.First ?? _waiters?.First) is { } first)
            {
                Admit(first.Value, isBeyondLimit: false);
            }

            if (callBeyondLimit.IsNested && FindFirstNested() is { } next && _beyondLimit.IsFirst(next.Call))
            {
                Admit(next, isBeyondLimit: true);
            }
        }
    }

    /// <summary>Releases admitted bytes if there are as many; false, and nothing is released, otherwise.</summary>
    public bool TryRelease(ulong bytes)
    {
        lock (_gate)
        {
            if (bytes > (ulong)Math.Max(0, _admitted))
            {
                return false;
            }

            Release((long)bytes);
            return true;
        }
    }

    /// <summary>
    /// Admits one nested call beyond the limit if nothing was released since the last call of this method. Called from time to time while
    /// calls wait: the call that was admitted beyond the limit may itself wait, in an ordered queue, for one that waits here. If there is
    /// none, one-way calls that served calls make, up to the limit once more, while the side that serves those can start no more calls.
    /// </summary>
    public void AdmitStalledCall()
    {
        lock (_gate)
        {
            if (_releasedBytes == 0 && _nestedWaiters?.First is { } first)
            {
                Admit(first.Value, isBeyondLimit: true);
            }
            else if (_releasedBytes == 0)
            {
                AdmitStalledServedLocked();
            }

            _releasedBytes = 0;
        }
    }

    private void AdmitStalledServedLocked()
    {
        long end = _admitted + _limit;
        for (LinkedListNode<Waiter>? node = _waiters?.First; node is not null && _admitted < end;)
        {
            LinkedListNode<Waiter>? next = node.Next;
            if (node.Value.Served is { IsFull: true } && _admitted < StalledCallsFactor * _limit)
            {
                Admit(node.Value, isBeyondLimit: true);
            }
            else if (node.Value.Served is { IsFull: true })
            {
                _waiters!.Remove(node);
                node.Value.SetException(DeadlockError());
            }

            node = next;
        }
    }

    private TunnelException DeadlockError() => new(
        TunnelStatus.ResourceExhausted,
        $"Expected at most {StalledCallsFactor * _limit} bytes of arguments of open calls ({_limit}, the limit MaxPendingCallBytes of the "
        + "peer, if calls make progress), got more, and no call has ended for a second: the calls of each side wait until they may send "
        + "calls to the other. The call was not sent. Send fewer or smaller calls from served calls, or raise MaxPendingCallBytes.")
    {
        Outcome = TunnelCallOutcome.NotSent,
    };

    /// <summary>
    /// Admits items that pass when stalled if nothing was released since the last call of this method, up to three times the limit; later
    /// ones pass at once until bytes are released. Called from time to time while items wait: the consumers of other streams may not read
    /// them.
    /// </summary>
    /// <returns>The bytes that were released since the last call.</returns>
    public long AdmitStalledItems()
    {
        lock (_gate)
        {
            if (_releasedBytes == 0)
            {
                _isStalled = true;
                for (LinkedListNode<Waiter>? node = _waiters?.First; node is not null && IsBelowStalledLimit;)
                {
                    LinkedListNode<Waiter>? next = node.Next;
                    if (node.Value.PassesWhenStalled)
                    {
                        Admit(node.Value, isBeyondLimit: false);
                    }

                    node = next;
                }
            }

            long released = _releasedBytes;
            _releasedBytes = 0;
            return released;
        }
    }

    /// <summary>The session has ended: messages that wait fail, and so do later ones that would have to.</summary>
    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            _failure = error;
            _admitted = Math.Max(_admitted, _limit);
            foreach (Waiter waiter in (_waiters ?? []).Concat(_nestedWaiters ?? []))
            {
                // The waiter throws the error itself, so no task keeps an exception that nothing observes.
                waiter.SetResult(false);
            }

            _waiters?.Clear();
            _nestedWaiters?.Clear();
        }
    }

    private async ValueTask<bool> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        bool isBeyondLimit;
        try
        {
            isBeyondLimit = await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Abandon(waiter);
            throw;
        }

        return Volatile.Read(ref _failure) is { } failure ? throw failure : isBeyondLimit;
    }

    /// <summary>The wait was cancelled. It may have been admitted at the same time.</summary>
    private void Abandon(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Node!.List is { } queue)
            {
                queue.Remove(waiter.Node);
            }
            else if (waiter.Task.IsFaulted)
            {
                // Refused at the same time, so not admitted. Read so that the failure is not reported as unobserved.
                _ = waiter.Task.Exception;
            }
            else if (_failure is null)
            {
                Release(waiter.Bytes, waiter.IsBeyondLimit ? waiter.Call : default);
            }
        }
    }

    /// <summary>Called under <see cref="_gate"/>.</summary>
    private void Admit(Waiter waiter, bool isBeyondLimit)
    {
        waiter.Node!.List!.Remove(waiter.Node);
        _admitted += waiter.Bytes;
        if (isBeyondLimit && waiter.Call.IsNested)
        {
            _beyondLimit.Add(waiter.Call);
            waiter.IsBeyondLimit = true;
        }

        waiter.SetResult(isBeyondLimit);
    }

    /// <summary>The nested call of the smallest chain, and the deepest of it. Called under <see cref="_gate"/>.</summary>
    private Waiter? FindFirstNested() =>
        _nestedWaiters?.MinBy(waiter => (waiter.Call.ChainId, -waiter.Call.Depth));

    private sealed class Waiter(int bytes, NestedCall call, bool passesWhenStalled)
        : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public bool PassesWhenStalled => passesWhenStalled;

        public int Bytes => bytes;

        public NestedCall Call => call;

        public IncomingCallLimiter? Served { get; init; }

        // Guarded by the quota's gate.
        public bool IsBeyondLimit { get; set; }

        // Guarded by the quota's gate: in a list while the message waits.
        public LinkedListNode<Waiter>? Node { get; set; }
    }
}
