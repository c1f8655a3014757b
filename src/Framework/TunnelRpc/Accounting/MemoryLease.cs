using System.Diagnostics;

namespace TunnelRpc.Accounting;

// Decision: docs/adr/0036-disposable-permits-and-leases.md
/// <summary>
/// Bytes that are accounted to a <see cref="MemoryAccount"/> until the lease is disposed. A struct that lives in one field or local of its
/// owner; a copy would be released a second time, so another owner gets it by <see cref="Move"/>. Not thread-safe: one owner at a time.
/// </summary>
/// <remarks>A lease that is disposed after its account was closed changes nothing in the budget.</remarks>
[DebuggerDisplay("{Bytes} bytes")]
internal struct MemoryLease : IDisposable
{
    private readonly bool _isForArguments;
    private MemoryAccount? _account;

    /// <param name="account">The account that the bytes were added to.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="isForArguments">Whether they are arguments, which count against the limit MaxPendingCallBytes.</param>
    internal MemoryLease(MemoryAccount account, int bytes, bool isForArguments)
    {
        _account = account;
        _isForArguments = isForArguments;
        Bytes = bytes;
    }

    /// <summary>The accounted bytes; 0 once the lease is disposed or moved.</summary>
    public int Bytes { get; private set; }

    /// <summary>Transfers the bytes to another owner; this lease is empty then.</summary>
    public MemoryLease Move()
    {
        MemoryLease moved = this;
        this = default;
        return moved;
    }

    /// <summary>Releases some of the bytes, at most all.</summary>
    public void Reduce(int bytes)
    {
        if (_account is { } account)
        {
            int released = Math.Min(bytes, Bytes);
            Bytes -= released;
            Release(account, released);
        }
    }

    /// <summary>Releases the bytes. Further calls have no effect.</summary>
    public void Dispose()
    {
        MemoryAccount? account = _account;
        if (account is null)
        {
            return;
        }

        int bytes = Bytes;
        _account = null;
        Bytes = 0;
        Release(account, bytes);
    }

    private readonly void Release(MemoryAccount account, int bytes)
    {
        if (_isForArguments)
        {
            account.ReleaseArguments(bytes);
        }
        else
        {
            account.Add(-bytes);
        }
    }
}
