using System.Diagnostics;

namespace TunnelRpc.Accounting;

// Decision: docs/adr/0075-calls-and-references-of-users-and-addresses.md
/// <summary>
/// The running calls of one session, and how many of them its user and its remote address have granted. Grants are taken in blocks, so
/// that a call usually changes only this counter. Near a limit of the user or the address they are taken and returned one at a time, so
/// that the sessions hold no grants that they do not use. Thread-safe. A field of its owner, never copied.
/// </summary>
/// <remarks>
/// Invariant: a call that <see cref="TryGrant"/> has accepted is covered by a grant, and every grant is counted in each partition until it
/// is returned. Running calls and grants are one word, so that no grant is returned that a call uses.
/// </remarks>
[DebuggerDisplay("{Running} running, {Granted} granted")]
internal struct SessionCallCount
{
    /// <summary>The memory that a call takes which is not accounted by its size: its objects, and arguments below 1 KiB.</summary>
    public const int CallBytes = 2 << 10;

    /// <summary>The grants that are taken at once. Less than twice as many are kept unused.</summary>
    private const int BlockSize = 32;

    /// <summary>The memory of so many calls is not accounted, so that a session that makes few calls at once changes no counter.</summary>
    private const int UnaccountedCalls = 2 * BlockSize;

    private const long OneGrant = 1L << 32;

    private readonly MemoryAccount? _memory;
    private readonly PartitionSet? _partitions;

    // Changed atomically. The lower 32 bits: running calls. The upper 32 bits: grants; int.MaxValue if nothing limits them.
    private long _state;

    // Set once: the session has ended.
    private volatile bool _isEnded;

    /// <param name="memory">The session's account, with its partitions; null if nothing limits the calls of all sessions.</param>
    public SessionCallCount(MemoryAccount? memory)
    {
        _partitions = memory?.Partitions;
        _memory = _partitions is null ? null : memory;
        _state = _partitions is null ? int.MaxValue * OneGrant : 0;
    }

    /// <summary>The running calls.</summary>
    public readonly int Running => (int)Volatile.Read(in _state);

    private readonly int Granted => GrantsOf(Volatile.Read(in _state));

    /// <summary>Counts one more call, whatever is granted. Returns the running calls. <see cref="TryGrant"/> follows.</summary>
    public int Add() => (int)Interlocked.Increment(ref _state);

    /// <summary>Makes sure that all running calls are granted; false if the user or the address has too many.</summary>
    /// <param name="refusal">Why not; null on success.</param>
    public bool TryGrant(out PartitionRefusal? refusal)
    {
        refusal = null;
        long state = Volatile.Read(ref _state);
        return (int)state <= GrantsOf(state) || TryTakeGrants(out refusal);
    }

    /// <summary>Counts one call less.</summary>
    public void Remove()
    {
        long state = Interlocked.Decrement(ref _state);
        int unused = GrantsOf(state) - (int)state;
        if (_partitions is not null && unused > 0 && (unused >= 2 * BlockSize || _isEnded || _partitions.IsNearCallLimit))
        {
            ReturnGrants(unused >= 2 * BlockSize ? BlockSize : 0);
        }
    }

    /// <summary>Returns the grants that are not used, since the user or the address has too few. Returns their number.</summary>
    public int ReturnUnused() => _partitions is null ? 0 : ReturnGrants(0);

    /// <summary>The session has ended: no calls start any more, and those that end return their grants at once.</summary>
    public void End()
    {
        // Set before the grants are returned: a call that ends concurrently is found by one of the two.
        _isEnded = true;
        ReturnUnused();
    }

    private static int GrantsOf(long state) => (int)(state >> 32);

    private static long AccountedBytes(int grants) => (long)Math.Max(0, grants - UnaccountedCalls) * CallBytes;

    private bool TryTakeGrants(out PartitionRefusal? refusal)
    {
        int grants = _partitions!.IsNearCallLimit ? 1 : BlockSize;
        refusal = _partitions.AcquireCalls(ref grants);
        if (refusal is not null)
        {
            return false;
        }

        int granted = GrantsOf(Interlocked.Add(ref _state, grants * OneGrant));
        Account(granted - grants, granted);
        return true;
    }

    /// <summary>Returns the grants that no call uses, except for <paramref name="kept"/> ones.</summary>
    private int ReturnGrants(int kept)
    {
        while (true)
        {
            long state = Volatile.Read(ref _state);
            int granted = GrantsOf(state);
            int returned = granted - (int)state - kept;
            if (returned <= 0)
            {
                return 0;
            }

            if (Interlocked.CompareExchange(ref _state, state - (returned * OneGrant), state) == state)
            {
                Account(granted, granted - returned);
                _partitions!.Release(PartitionResource.IncomingCall, returned);
                return returned;
            }
        }
    }

    private readonly void Account(int before, int after)
    {
        long change = AccountedBytes(after) - AccountedBytes(before);
        if (change != 0)
        {
            _memory!.Add(change);
        }
    }
}
