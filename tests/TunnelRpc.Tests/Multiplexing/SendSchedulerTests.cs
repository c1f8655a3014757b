using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class SendSchedulerTests
{
    // What is in the send buffer, and how much it may hold: the model of a session.
    private long _buffered;
    private long _capacity = 32 << 10;

    private readonly SendScheduler _scheduler;

    public SendSchedulerTests() => _scheduler = new SendScheduler(reserved => _buffered + reserved < _capacity);

    [Fact]
    public void While_there_is_room_nobody_waits()
    {
        _scheduler.AcquireAsync(new SendTurn(), 16_000).IsCompletedSuccessfully.ShouldBeTrue();
        _scheduler.AcquireAsync(new SendTurn(), 16_000).IsCompletedSuccessfully.ShouldBeTrue();

        _scheduler.AcquireAsync(new SendTurn(), 16_000).IsCompleted.ShouldBeTrue();
        _scheduler.AcquireAsync(new SendTurn(), 1).IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData(16_000, 500, 128 << 10)]
    [InlineData(500, 16_000, 128 << 10)]
    [InlineData(16_374, 16, 16 << 10)]
    [InlineData(16, 16_374, 16 << 10)]
    [InlineData(9_000, 7_000, 128 << 10)]
    public void Streams_of_large_and_of_small_fragments_take_turns(int firstSize, int secondSize, int capacity)
    {
        _capacity = capacity;
        var first = new Sender(firstSize);
        var second = new Sender(secondSize);
        first.Wait = _scheduler.AcquireAsync(first.Turn, first.Size);
        second.Wait = _scheduler.AcquireAsync(second.Turn, second.Size);

        for (int round = 0; round < 400; round++)
        {
            while (Send(first) | Send(second))
            {
            }

            // The network has taken part of what was there.
            _buffered -= Math.Min(_buffered, 40_000);
            _scheduler.Grant();
        }

        ((double)first.Fragments / second.Fragments).ShouldBeInRange(0.5, 2.0, $"first {first.Fragments}, second {second.Fragments}");
        second.Fragments.ShouldBeGreaterThan(350);
    }

    [Fact]
    public void Streams_of_equal_fragments_share_the_bytes_however_many_they_are()
    {
        _buffered = _capacity;
        Sender[] senders = [.. Enumerable.Range(0, 10).Select(_ => new Sender(16_000))];
        foreach (Sender sender in senders)
        {
            sender.Wait = _scheduler.AcquireAsync(sender.Turn, sender.Size);
        }

        // Whoever sent queues again behind the others, in the order in which they were granted.
        Sender[] order = senders;
        for (int round = 0; round < 500; round++)
        {
            _buffered = 0;
            _scheduler.Grant();
            Sender[] granted = [.. order.Where(Send)];
            order = [.. order.Except(granted), .. granted];
        }

        senders.Max(s => s.Fragments).ShouldBeLessThanOrEqualTo(senders.Min(s => s.Fragments) + 2);
        senders.Sum(s => s.Fragments).ShouldBeGreaterThanOrEqualTo(1000);
    }

    [Fact]
    public void A_cancelled_wait_fails_and_its_place_goes_to_the_next()
    {
        _buffered = _capacity;
        var first = new SendTurn();
        var second = new SendTurn();
        ValueTask firstWait = _scheduler.AcquireAsync(first, 100);
        ValueTask secondWait = _scheduler.AcquireAsync(second, 100);

        _scheduler.Cancel(first, new OperationCanceledException());
        _buffered = 0;
        _scheduler.Grant();

        firstWait.IsCanceled.ShouldBeTrue();
        secondWait.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void Bytes_that_were_granted_and_never_written_make_room_for_who_waits()
    {
        _scheduler.AcquireAsync(new SendTurn(), 32 << 10).IsCompletedSuccessfully.ShouldBeTrue();
        ValueTask waiting = _scheduler.AcquireAsync(new SendTurn(), 100);
        waiting.IsCompleted.ShouldBeFalse();

        // The stream was closed: nothing reached the send buffer, so no write and no ACK will tell of room.
        _scheduler.Written(32 << 10);

        waiting.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task The_end_of_the_session_fails_those_who_wait_and_those_who_come()
    {
        _buffered = _capacity;
        Task waiting = _scheduler.AcquireAsync(new SendTurn(), 100).AsTask();

        _scheduler.Fail(new TunnelException("It is over."));

        (await Should.ThrowAsync<TunnelException>(waiting.OrHang())).Message.ShouldBe("It is over.");
        Should.Throw<TunnelException>(() => { _ = _scheduler.AcquireAsync(new SendTurn(), 1).AsTask(); }).Message.ShouldBe("It is over.");
    }

    private bool Send(Sender sender)
    {
        if (!sender.Wait.IsCompletedSuccessfully)
        {
            return false;
        }

        sender.Wait.GetAwaiter().GetResult();
        sender.Fragments++;
        _buffered += sender.Size;
        _scheduler.Written(sender.Size);
        sender.Wait = _scheduler.AcquireAsync(sender.Turn, sender.Size);
        return true;
    }

    private sealed class Sender(int size)
    {
        public SendTurn Turn { get; } = new();

        public int Size => size;

        public int Fragments { get; set; }

        public ValueTask Wait { get; set; }
    }
}
