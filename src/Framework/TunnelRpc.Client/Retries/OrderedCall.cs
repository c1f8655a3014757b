namespace TunnelRpc.Client.Retries;

/// <summary>A call under ordered dispatch.</summary>
/// <param name="contract">Its contract.</param>
/// <param name="sequence">Its number among those of the contract.</param>
/// <param name="startedAlone">Whether no other one was under way when it began.</param>
internal sealed class OrderedCall(OrderedCallTracker.ContractState contract, long sequence, bool startedAlone)
{
    // Changed atomically.
    private int _isEnded;

    /// <summary>Whether no other one has been under way with it up to now.</summary>
    public bool HasRunAlone => startedAlone && contract.IsNewest(sequence);

    /// <summary>It is over; any number of times.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) == 0)
        {
            contract.End();
        }
    }
}
