using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>What <see cref="KeptValues"/> accounts of values that applications keep.</summary>
public sealed class KeptValuesTests
{
    private const int Kept = 10 << 20;

    private readonly MemoryAccount _memory = new();

    [Fact]
    public void Kept_values_are_accounted_when_the_peer_has_read_nearly_nothing_for_five_seconds()
    {
        using var values = new KeptValues(_memory);
        _ = values.Keep(Kept);

        Tick(values, read: Kept / 2000, KeptValues.StalledSeconds - 1);
        long before = _memory.AccountedBytes;
        Tick(values, read: Kept / 2000, 1);
        long stalled = _memory.AccountedBytes;
        _ = values.Keep(Kept);
        Tick(values, read: 0, 1);
        long more = _memory.AccountedBytes;
        Tick(values, read: Kept, 1);

        (before, stalled, more, _memory.AccountedBytes).ShouldBe((0, Kept, 2 * Kept, 0));
    }

    [Fact]
    public void Kept_values_are_not_accounted_while_the_peer_reads()
    {
        using var values = new KeptValues(_memory);
        _ = values.Keep(Kept);

        Tick(values, read: Kept / 100, 100);

        _memory.AccountedBytes.ShouldBe(0);
    }

    [Fact]
    public void Values_that_are_kept_no_longer_are_released()
    {
        using var values = new KeptValues(_memory);
        KeptValues.KeptValue kept = values.Keep(Kept);
        Tick(values, read: 0, KeptValues.StalledSeconds);

        kept.Dispose();
        Tick(values, read: 0, 1);

        _memory.AccountedBytes.ShouldBe(0);
    }

    private static void Tick(KeptValues values, long read, int count)
    {
        for (int i = 0; i < count; i++)
        {
            values.OnTick(read);
        }
    }
}
