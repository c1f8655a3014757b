using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class SendSchedulerTests : ISendCapacity
{
    // What is in the send buffer, and how much it may hold: the model of a session.
    private const int Capacity = 128 << 10;
    private long _buffered;

    private readonly SendScheduler _scheduler;

    public SendSchedulerTests() => _scheduler = new SendScheduler(this, new WorkQueue());

    bool ISendCapacity.HasCapacity(long reservedBytes) => _buffered + reservedBytes < Capacity;

    bool ISendCapacity.IsBelowResumeThreshold(long reservedBytes) => _buffered + reservedBytes < Capacity / 2;

    [Fact]
    public void While_there_is_room_nobody_waits()
    {
        for (int i = 0; i < 8; i++)
        {
            _scheduler.AcquireAsync(new ScheduledSender(), 16 << 10).IsCompletedSuccessfully.ShouldBeTrue();
        }

        _scheduler.AcquireAsync(new ScheduledSender(), 1).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Those_who_give_up_do_not_pile_up_while_there_is_no_room()
    {
        _buffered = Capacity;
        var patient = new ScheduledSender();
        ValueTask last = _scheduler.AcquireAsync(patient, 100);
        for (int i = 0; i < 1000; i++)
        {
            var turn = new ScheduledSender();
            ValueTask wait = _scheduler.AcquireAsync(turn, i % 2 == 0 ? 100 : 30_000);
            _scheduler.Cancel(turn, new OperationCanceledException());
            await Should.ThrowAsync<OperationCanceledException>(wait.AsTask().DefaultTimeout());
        }

        _scheduler.QueuedCount.ShouldBeLessThan(40);
        _buffered = 0;
        _scheduler.GrantWaiters();

        await last.DefaultTimeout();
        _scheduler.QueuedCount.ShouldBe(0);
    }

    [Fact]
    public void A_stream_alone_fills_half_of_the_backlog_and_goes_on_when_it_has_drained()
    {
        var alone = new Sender(16_000);
        alone.Wait = _scheduler.AcquireAsync(alone.Scheduled, alone.Size);

        while (Send(alone))
        {
        }

        _buffered.ShouldBeInRange(Capacity / 2, (Capacity / 2) + 16_000);
        _buffered -= 32_000;
        _scheduler.GrantWaiters();
        Send(alone).ShouldBeTrue();
    }

    [Theory]
    [InlineData(16_000, 500)]
    [InlineData(500, 16_000)]
    [InlineData(16_374, 64)]
    [InlineData(64, 16_374)]
    [InlineData(9_000, 7_000)]
    [InlineData(12_288, 12_288)]
    public void Streams_of_large_and_of_small_fragments_share_the_bytes(int firstSize, int secondSize)
    {
        var first = new Sender(firstSize);
        var second = new Sender(secondSize);
        first.Wait = _scheduler.AcquireAsync(first.Scheduled, first.Size);
        second.Wait = _scheduler.AcquireAsync(second.Scheduled, second.Size);

        for (int round = 0; round < 400; round++)
        {
            // Fragment by fragment, so that the one of large fragments could fill the buffer while the other works.
            while (Send(first) | Send(second))
            {
            }

            // The network has taken part of what was there.
            _buffered -= Math.Min(_buffered, 40_000);
            _scheduler.GrantWaiters();
        }

        (first.Bytes + second.Bytes).ShouldBeGreaterThan(390 * 40_000, "the network never waits");
        ((double)first.Bytes / second.Bytes).ShouldBeInRange(0.9, 1.1, $"first {first.Bytes}, second {second.Bytes}");
    }

    [Theory]
    [InlineData(12_000)]
    [InlineData(16_374)]
    [InlineData(900)]
    public void Priorities_share_the_bytes_16_to_4_to_1(int size)
    {
        Sender[] senders =
        [
            new(size, ScheduledSender.ForPriority(TunnelPriority.High)),
            new(size, ScheduledSender.ForPriority(TunnelPriority.Normal)),
            new(size, ScheduledSender.ForPriority(TunnelPriority.Low)),
        ];
        foreach (Sender sender in senders)
        {
            sender.Wait = _scheduler.AcquireAsync(sender.Scheduled, sender.Size);
        }

        for (int round = 0; round < 4000; round++)
        {
            while (senders.Select(sender => Send(sender)).ToList().Contains(true))
            {
            }

            _buffered -= Math.Min(_buffered, 40_000);
            _scheduler.GrantWaiters();
        }

        (senders.Sum(s => s.Bytes)).ShouldBeGreaterThan(3990L * 40_000, "the network never waits");
        ((double)senders[0].Bytes / senders[1].Bytes).ShouldBeInRange(3.5, 4.5);
        ((double)senders[1].Bytes / senders[2].Bytes).ShouldBeInRange(3.5, 4.5);
    }

    [Fact]
    public void A_stream_of_low_priority_alone_is_not_held_back()
    {
        var alone = new Sender(16_374, ScheduledSender.ForPriority(TunnelPriority.Low));
        alone.Wait = _scheduler.AcquireAsync(alone.Scheduled, alone.Size);

        while (Send(alone))
        {
        }

        _buffered.ShouldBeInRange(Capacity / 2, (Capacity / 2) + 16_374);
    }

    [Fact]
    public void A_stream_that_had_nothing_to_send_catches_up_with_four_shares_at_most()
    {
        var busy = new Sender(16_000);
        var rare = new Sender(16_000);
        rare.Wait = _scheduler.AcquireAsync(rare.Scheduled, rare.Size);
        Send(rare, again: false).ShouldBeTrue();
        busy.Wait = _scheduler.AcquireAsync(busy.Scheduled, busy.Size);
        for (int round = 0; round < 1000; round++)
        {
            while (Send(busy))
            {
            }

            _buffered = 0;
            _scheduler.GrantWaiters();
        }

        // The backlog is past the mark at which a round begins, so only what was left of earlier ones counts.
        _buffered = Capacity / 2;
        rare.Wait = _scheduler.AcquireAsync(rare.Scheduled, rare.Size);
        int burst = 0;
        while (Send(rare))
        {
            burst++;
            _buffered = Capacity / 2;
        }

        burst.ShouldBe(4);
    }

    [Fact]
    public void Streams_of_equal_fragments_share_the_bytes_however_many_they_are()
    {
        _buffered = Capacity;
        Sender[] senders = [.. Enumerable.Range(0, 10).Select(_ => new Sender(16_000))];
        foreach (Sender sender in senders)
        {
            sender.Wait = _scheduler.AcquireAsync(sender.Scheduled, sender.Size);
        }

        // Whoever sent queues again behind the others, in the order in which they were granted.
        Sender[] order = senders;
        for (int round = 0; round < 500; round++)
        {
            _buffered = 0;
            _scheduler.GrantWaiters();
            Sender[] granted = [.. order.Where(sender => Send(sender))];
            order = [.. order.Except(granted), .. granted];
        }

        senders.Max(s => s.Bytes).ShouldBeLessThanOrEqualTo(senders.Min(s => s.Bytes) + (2 * 16_000));
        senders.Sum(s => s.Bytes).ShouldBeGreaterThanOrEqualTo(1000 * 16_000);
    }

    [Fact]
    public async Task A_cancelled_wait_fails_and_its_place_goes_to_the_next()
    {
        _buffered = Capacity;
        var first = new ScheduledSender();
        var second = new ScheduledSender();
        ValueTask firstWait = _scheduler.AcquireAsync(first, 100);
        ValueTask secondWait = _scheduler.AcquireAsync(second, 100);

        _scheduler.Cancel(first, new OperationCanceledException());
        _buffered = 0;
        _scheduler.GrantWaiters();

        await Should.ThrowAsync<OperationCanceledException>(firstWait.AsTask().DefaultTimeout());
        await secondWait.DefaultTimeout();
    }

    [Fact]
    public async Task Bytes_that_were_granted_and_never_written_make_room_for_who_waits()
    {
        for (int i = 0; i < 8; i++)
        {
            _scheduler.AcquireAsync(new ScheduledSender(), 16 << 10).IsCompletedSuccessfully.ShouldBeTrue();
        }

        ValueTask waiting = _scheduler.AcquireAsync(new ScheduledSender(), 100);
        waiting.IsCompleted.ShouldBeFalse();

        // The stream was closed: nothing reached the send buffer, so no write and no ACK will tell of room.
        _scheduler.OnWritten(16 << 10);

        await waiting.DefaultTimeout();
    }

    [Fact]
    public async Task The_end_of_the_session_fails_those_who_wait_and_those_who_come()
    {
        _buffered = Capacity;
        Task waiting = _scheduler.AcquireAsync(new ScheduledSender(), 100).AsTask();

        _scheduler.Fail(new TunnelException("It is over."));

        (await Should.ThrowAsync<TunnelException>(waiting.DefaultTimeout())).Message.ShouldBe("It is over.");
        Should.Throw<TunnelException>(() => { _ = _scheduler.AcquireAsync(new ScheduledSender(), 1).AsTask(); }).Message.ShouldBe("It is over.");
    }

    private bool Send(Sender sender, bool again = true)
    {
        if (sender.Scheduled.PendingBytes > 0)
        {
            return false;
        }

        // It was granted here, and ends on a turn of the pool.
        SpinWait.SpinUntil(() => sender.Wait.IsCompleted, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        sender.Wait.GetAwaiter().GetResult();
        sender.Bytes += sender.Size;
        _buffered += sender.Size;
        _scheduler.OnWritten(sender.Size);
        if (again)
        {
            sender.Wait = _scheduler.AcquireAsync(sender.Scheduled, sender.Size);
        }

        return true;
    }

    private sealed class Sender(int size, ScheduledSender? turn = null)
    {
        public ScheduledSender Scheduled { get; } = turn ?? new();

        public int Size => size;

        public long Bytes { get; set; }

        public ValueTask Wait { get; set; }
    }
}
