namespace TunnelRpc.Client.Repeating;

/// <summary>A call under ordered dispatch.</summary>
/// <param name="contract">Its contract.</param>
/// <param name="number">Its number among those of the contract.</param>
/// <param name="isAlone">Whether no other one was under way when it began.</param>
internal sealed class OrderedCall(OrderedCalls.Contract contract, long number, bool isAlone)
{
    // Changed atomically.
    private int _ended;

    /// <summary>Whether no other one has been under way with it up to now.</summary>
    public bool IsAlone => isAlone && contract.IsLast(number);

    /// <summary>It is over; any number of times.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            contract.End();
        }
    }
}
