using System.Numerics;
using System.Runtime.InteropServices;

namespace TunnelRpc.Accounting;

/// <summary>
/// The memory of all sessions of one server, and its limit. Thread-safe. One counter per processor, so that sessions do not contend for
/// one; the counters are summed when one of them has changed by 64 KiB.
/// </summary>
/// <param name="limitBytes">The limit, in bytes (MaxTotalBufferedBytes).</param>
/// <param name="onNearLimit">Called from three quarters of the limit on, on any thread and repeatedly, so it must be fast.</param>
internal sealed class MemoryBudget(long limitBytes, Action onNearLimit)
{
    /// <summary>
    /// The sum is checked when a counter crosses a multiple of 2^16 bytes: so it may be exceeded by 64 KiB per processor unnoticed.
    /// </summary>
    private const int CheckIntervalBits = 16;

    // Changed atomically. A counter may be negative: bytes that are added on one processor are released on another.
    private readonly Counter[] _counters = new Counter[BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount)];

    // Changed atomically: bytes that were written off.
    private long _unreleasedBytes;

    /// <summary>The limit, in bytes.</summary>
    public long LimitBytes => limitBytes;

    /// <summary>The accounted bytes of all sessions.</summary>
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

    /// <summary>Load shedding starts at this number of bytes, and so does the refusal of sessions: three quarters of the limit.</summary>
    public long SheddingThresholdBytes => limitBytes - (limitBytes / 4);

    /// <summary>Load shedding stops at this number of bytes: 11/16 of the limit.</summary>
    public long SheddingTargetBytes => SheddingThresholdBytes - (limitBytes / 16);

    /// <summary>Whether three quarters of the limit are reached.</summary>
    public bool IsNearLimit => AccountedBytes >= SheddingThresholdBytes;

    /// <summary>
    /// The bytes that sessions had not released when they ended: at most items in streams that the application has not disposed.
    /// </summary>
    public long UnreleasedBytes => Volatile.Read(ref _unreleasedBytes);

    /// <summary>Adds bytes; a negative number releases them.</summary>
    public void Add(long bytes)
    {
        int index = Thread.GetCurrentProcessorId() & (_counters.Length - 1);
        long now = Interlocked.Add(ref _counters[index].Bytes, bytes);
        if (bytes > 0 && now >> CheckIntervalBits != (now - bytes) >> CheckIntervalBits && IsNearLimit)
        {
            onNearLimit();
        }
    }

    /// <summary>A session has ended without releasing these bytes: releases them.</summary>
    public void WriteOff(long bytes)
    {
        Interlocked.Add(ref _unreleasedBytes, bytes);
        Add(-bytes);
    }

    /// <summary>Two cache lines long, as processors prefetch the adjacent line, so that no two processors share one.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Counter
    {
        [FieldOffset(0)]
        public long Bytes;
    }
}
