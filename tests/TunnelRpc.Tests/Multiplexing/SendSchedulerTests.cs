using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class SendSchedulerTests : ISendCapacity
{
    // The bytes in the send buffer, and its capacity: a model of a session.
    private const int Capacity = 128 << 10;
    private long _buffered;

    private readonly SendScheduler _scheduler;

    public SendSchedulerTests() => _scheduler = new SendScheduler(this, new WorkQueue());

    bool ISendCapacity.HasCapacity(long reservedBytes) => _buffered + reservedBytes < Capacity;

    bool ISendCapacity.IsBelowResumeThreshold(long reservedBytes) => _buffered + reservedBytes < Capacity / 2;

    [Fact]
    public void Senders_within_the_capacity_do_not_wait()
    {
        for (int i = 0; i < 8; i++)
        {
            _scheduler.AcquireAsync(new ScheduledSender(), 16 << 10).IsCompletedSuccessfully.ShouldBeTrue();
        }

        _scheduler.AcquireAsync(new ScheduledSender(), 1).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Cancelled_senders_do_not_accumulate_without_capacity()
    {
        _buffered = Capacity;
        var patient = new ScheduledSender();
        ValueTask last = _scheduler.AcquireAsync(patient, 100);
        for (int i = 0; i < 1000; i++)
        {
            var sender = new ScheduledSender();
            ValueTask wait = _scheduler.AcquireAsync(sender, i % 2 == 0 ? 100 : 30_000);
            _scheduler.Cancel(sender, new OperationCanceledException());
            await Should.ThrowAsync<OperationCanceledException>(wait.AsTask().DefaultTimeout());
        }

        _scheduler.QueuedCount.ShouldBeLessThan(40);
        _buffered = 0;
        _scheduler.GrantWaiters();

        await last.DefaultTimeout();
        _scheduler.QueuedCount.ShouldBe(0);
    }

    [Fact]
    public void Single_stream_fills_half_of_the_backlog_and_continues_when_it_has_drained()
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
    public void Streams_of_large_and_small_frames_share_the_bytes(int firstSize, int secondSize)
    {
        var first = new Sender(firstSize);
        var second = new Sender(secondSize);
        first.Wait = _scheduler.AcquireAsync(first.Scheduled, first.Size);
        second.Wait = _scheduler.AcquireAsync(second.Scheduled, second.Size);

        for (int round = 0; round < 400; round++)
        {
            // Frame by frame, so that the stream of large frames could fill the buffer while the other one works.
            while (Send(first) | Send(second))
            {
            }

            // The path has sent a part of the buffer.
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
    public void Single_stream_of_low_priority_is_not_delayed()
    {
        var alone = new Sender(16_374, ScheduledSender.ForPriority(TunnelPriority.Low));
        alone.Wait = _scheduler.AcquireAsync(alone.Scheduled, alone.Size);

        while (Send(alone))
        {
        }

        _buffered.ShouldBeInRange(Capacity / 2, (Capacity / 2) + 16_374);
    }

    [Fact]
    public void Idle_stream_catches_up_with_at_most_four_quanta()
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

        // The backlog is above the threshold at which a round starts, so only the deficit of earlier rounds counts.
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
    public void Streams_of_equal_frames_share_the_bytes_whatever_their_number()
    {
        _buffered = Capacity;
        Sender[] senders = [.. Enumerable.Range(0, 10).Select(_ => new Sender(16_000))];
        foreach (Sender sender in senders)
        {
            sender.Wait = _scheduler.AcquireAsync(sender.Scheduled, sender.Size);
        }

        // A sender queues again after the others, in the order in which they were scheduled.
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
    public async Task Cancelled_wait_fails_and_the_next_sender_is_scheduled()
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
    public async Task Granted_bytes_that_are_not_written_free_capacity_for_waiters()
    {
        for (int i = 0; i < 8; i++)
        {
            _scheduler.AcquireAsync(new ScheduledSender(), 16 << 10).IsCompletedSuccessfully.ShouldBeTrue();
        }

        ValueTask waiting = _scheduler.AcquireAsync(new ScheduledSender(), 100);
        waiting.IsCompleted.ShouldBeFalse();

        // The stream was closed: nothing reached the send buffer, so no write and no ACK signals free capacity.
        _scheduler.OnWritten(16 << 10);

        await waiting.DefaultTimeout();
    }

    [Fact]
    public async Task End_of_the_session_fails_current_and_later_waits()
    {
        _buffered = Capacity;
        Task waiting = _scheduler.AcquireAsync(new ScheduledSender(), 100).AsTask();

        _scheduler.Fail(new TunnelException("It is over."));

        (await Should.ThrowAsync<TunnelException>(waiting.DefaultTimeout())).Message.ShouldBe("It is over.");
        Should.Throw<TunnelException>(() => { _ = _scheduler.AcquireAsync(new ScheduledSender(), 1).AsTask(); }).Message.ShouldBe(
            "It is over.");
    }

    private bool Send(Sender sender, bool again = true)
    {
        if (sender.Scheduled.PendingBytes > 0)
        {
            return false;
        }

        // Scheduled here; the wait completes on the thread pool.
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

    private sealed class Sender(int size, ScheduledSender? sender = null)
    {
        public ScheduledSender Scheduled { get; } = sender ?? new();

        public int Size => size;

        public long Bytes { get; set; }

        public ValueTask Wait { get; set; }
    }
}
