using TunnelRpc.Accounting;

namespace TunnelRpc.Calls;

/// <summary>
/// One call that waits in a <see cref="BroadcastQueue"/>. Its task is true when the call may be sent, and false when it was dropped.
/// </summary>
/// <param name="method">The method.</param>
/// <param name="policy">The policy of the broadcast.</param>
/// <param name="bytes">The size of the message; 0 if the call is encoded later.</param>
internal sealed class BroadcastEntry(TunnelMethod method, TunnelBroadcastPolicy policy, int bytes)
    : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>The place in the queue; null if the entry is not in it. Guarded by the lock of the queue.</summary>
    public LinkedListNode<BroadcastEntry>? Node { get; set; }

    // Disposed by the code that takes the entry out of the queue.
    private MemoryLease _lease;

    /// <summary>The method.</summary>
    public TunnelMethod Method => method;

    /// <summary>The policy of the broadcast.</summary>
    public TunnelBroadcastPolicy Policy => policy;

    /// <summary>The size of the message; 0 if the call is encoded later.</summary>
    public int Bytes => bytes;

    /// <summary>
    /// Calls with the same lane are limited together; null for a policy that drops no waiting calls.
    /// </summary>
    public (uint Method, TunnelBroadcastPolicyKind Kind, string? Key)? Lane =>
        policy.IsAwaited ? null : (method.Id, policy.Kind, policy.Key);

    /// <summary>Accounts the message to its session.</summary>
    public void Account(MemoryAccount account) => _lease = account.Lease(bytes);

    /// <summary>Ends the wait. The caller has taken the entry out of the queue.</summary>
    /// <param name="isGranted">Whether the call may be sent.</param>
    public void Complete(bool isGranted)
    {
        _lease.Dispose();
        TrySetResult(isGranted);
    }
}
