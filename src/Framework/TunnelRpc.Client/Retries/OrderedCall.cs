namespace TunnelRpc.Client.Retries;

/// <summary>A running call under ordered dispatch. Thread-safe.</summary>
/// <param name="contract">The state of the call's contract.</param>
/// <param name="sequence">The call's sequence number within the contract.</param>
/// <param name="startedAlone">Whether no other call of the contract was running when this one started.</param>
internal sealed class OrderedCall(OrderedCallTracker.ContractState contract, long sequence, bool startedAlone)
{
    // 0 or 1; changed atomically.
    private int _isEnded;

    /// <summary>Whether no other call of the contract has run at the same time so far.</summary>
    public bool HasRunAlone => startedAlone && contract.IsNewest(sequence);

    /// <summary>The call has ended. May be called any number of times.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) == 0)
        {
            contract.End();
        }
    }
}
