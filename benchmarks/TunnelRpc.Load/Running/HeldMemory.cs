namespace TunnelRpc.Load.Running;

/// <summary>The memory of a server after garbage collections, in bytes.</summary>
/// <param name="Counted">What the server accounts for its sessions.</param>
/// <param name="Live">The objects of the managed heap that are in use.</param>
/// <param name="Resident">The resident set of the process.</param>
internal sealed record HeldMemory(long Counted, long Live, long Resident)
{
    /// <summary>The memory of this process now.</summary>
    /// <param name="counted">What the server accounts.</param>
    public static HeldMemory Now(long counted)
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new HeldMemory(counted, GC.GetTotalMemory(forceFullCollection: false), Environment.WorkingSet);
    }

    public static HeldMemory operator -(HeldMemory after, HeldMemory before) =>
        new(after.Counted - before.Counted, after.Live - before.Live, after.Resident - before.Resident);
}
