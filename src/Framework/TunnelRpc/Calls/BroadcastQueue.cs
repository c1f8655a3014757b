using System.Diagnostics;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0067-slow-members-of-broadcasts.md
/// <summary>
/// The one-way broadcasts to one session, which are sent one at a time, in the order in which they were made. Calls that wait are dropped
/// by the policy of their broadcast. Thread-safe; it starts no work of its own.
/// </summary>
/// <param name="peer">The other side of the session.</param>
/// <param name="limits">Limit the calls that wait.</param>
[DebuggerDisplay("IsSending = {_isSending}, Waiting = {_waiting.Count}")]
internal sealed class BroadcastQueue(TunnelPeer peer, BroadcastLimits limits)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();

    // Guarded by _gate. In the order in which they are sent. Empty unless _isSending.
    private readonly LinkedList<BroadcastEntry> _waiting = new();

    // Guarded by _gate. The entries of _waiting with a lane, by lane and in the same order; no list is empty. Null until there is one.
    private Dictionary<(uint, TunnelBroadcastPolicyKind, string?), LinkedList<BroadcastEntry>>? _lanes;

    // Guarded by _gate. The bytes of the entries of _waiting.
    private long _waitingBytes;

    // Guarded by _gate: a call is being sent, since _sendingSince (a timestamp of the clock of the server).
    private bool _isSending;
    private long _sendingSince;

    // Guarded by _gate. The dropped calls that are not logged yet, and the timestamp of the last log message; 0 for none.
    private int _unloggedCount;
    private long _lastLog;

    // Guarded by _gate: completed when no call is being sent. Null while no code waits for that.
    private TaskCompletionSource? _idle;

    /// <summary>The calls that wait. A hint.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Whether a call may be sent at once. Then the caller sends it, and calls <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_isSending)
            {
                return false;
            }

            EnterLocked();
            return true;
        }
    }

    /// <summary>A call was sent, or has failed: the next one may be sent.</summary>
    public void Exit()
    {
        BroadcastEntry? next = null;
        TaskCompletionSource? idle = null;
        lock (_gate)
        {
            if (_waiting.First is { } first)
            {
                next = first.Value;
                RemoveLocked(next);
                EnterLocked();
            }
            else
            {
                _isSending = false;
                (idle, _idle) = (_idle, null);
            }
        }

        next?.Complete(isGranted: true);
        idle?.TrySetResult();
    }

    /// <summary>
    /// Adds a call to the queue, and drops other calls as its policy says. Null if the call itself is dropped: the queue is full, or its
    /// policy waits and the call that is being sent has been for the policy's timeout.
    /// </summary>
    public BroadcastEntry? TryAdd(TunnelMethod method, TunnelBroadcastPolicy policy, int bytes)
    {
        var entry = new BroadcastEntry(method, policy, bytes);
        List<BroadcastEntry>? dropped = null;
        bool isGranted = false;
        bool isAdded = true;
        lock (_gate)
        {
            if (!_isSending)
            {
                EnterLocked();
                isGranted = true;
            }
            else
            {
                isAdded = !IsStuckLocked(policy);
                if (isAdded && entry.Lane is { } lane
                    && _lanes?.GetValueOrDefault(lane) is { } same && same.Count >= policy.Capacity)
                {
                    DropLocked(same.First!.Value);
                }

                while (isAdded && (_waiting.Count >= limits.MaxCalls || _waitingBytes >= limits.MaxBytes))
                {
                    if (_waiting.FirstOrDefault(e => !e.Policy.IsAwaited) is { } oldest)
                    {
                        DropLocked(oldest);
                    }
                    else
                    {
                        isAdded = false;
                    }
                }

                if (isAdded)
                {
                    AddLocked(entry);
                }
            }
        }

        foreach (BroadcastEntry older in dropped ?? [])
        {
            older.Complete(isGranted: false);
            OnDropped(older.Method, older.Policy);
        }

        if (isGranted)
        {
            entry.Complete(isGranted: true);
        }
        else if (!isAdded)
        {
            OnDropped(method, policy);
            return null;
        }

        return entry;

        void DropLocked(BroadcastEntry older)
        {
            RemoveLocked(older);
            (dropped ??= []).Add(older);
        }
    }

    /// <summary>Drops a call that waits. False if it does not wait any more.</summary>
    /// <param name="entry">The call.</param>
    /// <param name="isCounted">Whether the call counts as dropped; not if its caller has cancelled it.</param>
    public bool TryDrop(BroadcastEntry entry, bool isCounted)
    {
        lock (_gate)
        {
            if (!RemoveLocked(entry))
            {
                return false;
            }
        }

        entry.Complete(isGranted: false);
        if (isCounted)
        {
            OnDropped(entry.Method, entry.Policy);
        }

        return true;
    }

    /// <summary>Completes, without an exception, when no call is being sent. To be called after the session has ended.</summary>
    public Task WaitUntilIdleAsync()
    {
        lock (_gate)
        {
            return _isSending
                ? (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task
                : Task.CompletedTask;
        }
    }

    private void EnterLocked()
    {
        _isSending = true;
        _sendingSince = peer.Options.TimeProvider.GetTimestamp();
    }

    private bool IsStuckLocked(TunnelBroadcastPolicy policy) =>
        policy.IsAwaited
        && policy.Timeout != Timeout.InfiniteTimeSpan
        && peer.Options.TimeProvider.GetElapsedTime(_sendingSince) >= policy.Timeout;

    private void AddLocked(BroadcastEntry entry)
    {
        entry.Account(peer.Multiplexer.Memory);
        entry.Node = _waiting.AddLast(entry);
        _waitingBytes += entry.Bytes;
        if (entry.Lane is { } lane)
        {
            _lanes ??= [];
            if (!_lanes.TryGetValue(lane, out LinkedList<BroadcastEntry>? same))
            {
                _lanes.Add(lane, same = new LinkedList<BroadcastEntry>());
            }

            same.AddLast(entry);
        }
    }

    private bool RemoveLocked(BroadcastEntry entry)
    {
        if (entry.Node is not { } node)
        {
            return false;
        }

        entry.Node = null;
        _waiting.Remove(node);
        _waitingBytes -= entry.Bytes;
        if (entry.Lane is { } lane)
        {
            LinkedList<BroadcastEntry> same = _lanes![lane];
            same.Remove(entry);
            if (same.Count == 0)
            {
                _lanes.Remove(lane);
            }
        }

        return true;
    }

    private void OnDropped(TunnelMethod method, TunnelBroadcastPolicy policy)
    {
        CallMetrics.OnBroadcastDropped(method, policy.Kind);
        int count;
        lock (_gate)
        {
            _unloggedCount++;
            long now = peer.Options.TimeProvider.GetTimestamp();
            if (_lastLog != 0 && peer.Options.TimeProvider.GetElapsedTime(_lastLog, now) < LogInterval)
            {
                return;
            }

            // Never 0, which stands for none.
            _lastLog = now | 1;
            (count, _unloggedCount) = (_unloggedCount, 0);
        }

        peer.OnBroadcastsDropped(count);
    }
}
