using System.Numerics;
using System.Runtime.InteropServices;

namespace TunnelRpc.Accounting;

/// <summary>
/// How many bytes all sessions of one server hold, against a ceiling. Thread-safe: one counter a processor, so that sessions do not
/// wait for one another's; the sum is taken when one of them has moved by a quantum.
/// </summary>
/// <param name="limitBytes">The most bytes that are to be held.</param>
/// <param name="onLimitExceeded">Called, on whatever thread, when more are; often, so it must be quick.</param>
internal sealed class MemoryBudget(long limitBytes, Action onLimitExceeded)
{
    /// <summary>A counter that has moved by so much asks for the sum: the ceiling is noticed at most so much a processor late.</summary>
    private const int CheckIntervalBits = 16;

    // Changed atomically. Each may be below zero: what is charged on one processor is given back on another.
    private readonly Counter[] _counters = new Counter[BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount)];

    // Changed atomically.
    private long _unreleasedBytes;

    /// <summary>The most bytes that are to be held.</summary>
    public long LimitBytes => limitBytes;

    /// <summary>What is held now.</summary>
    public long AccountedBytes
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _counters.Length; i++)
            {
                sum += Volatile.Read(ref _counters[i].Bytes);
            }

            return sum;
        }
    }

    /// <summary>Whether so much is held that no new session should begin.</summary>
    public bool IsNearLimit => AccountedBytes >= limitBytes - (limitBytes / 4);

    /// <summary>What those who shed leave.</summary>
    public long SheddingTargetBytes => limitBytes - (limitBytes / 16);

    /// <summary>What sessions had not given back when they were over: no more than what a consumer still holds who does not dispose its stream.</summary>
    public long UnreleasedBytes => Volatile.Read(ref _unreleasedBytes);

    /// <summary>Counts bytes; below zero, those that are held no more.</summary>
    public void Add(long bytes)
    {
        int at = Thread.GetCurrentProcessorId() & (_counters.Length - 1);
        long now = Interlocked.Add(ref _counters[at].Bytes, bytes);
        if (bytes > 0 && now >> CheckIntervalBits != (now - bytes) >> CheckIntervalBits && AccountedBytes > limitBytes)
        {
            onLimitExceeded();
        }
    }

    /// <summary>A session is over that had so much left.</summary>
    public void WriteOff(long bytes)
    {
        Interlocked.Add(ref _unreleasedBytes, bytes);
        Add(-bytes);
    }

    /// <summary>As long as a cache line and its neighbour, so that no two processors share one.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Counter
    {
        [FieldOffset(0)]
        public long Bytes;
    }
}
