namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>A counter. Thread-safe.</summary>
internal sealed class AtomicCounter
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public void Add(long amount) => Interlocked.Add(ref _value, amount);
}
