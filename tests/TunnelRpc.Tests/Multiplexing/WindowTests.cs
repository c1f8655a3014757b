using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class WindowTests
{
    [Fact]
    public void Message_may_start_while_the_credit_is_positive()
    {
        var window = new SendWindow(1, new WorkQueue());

        window.WaitForCreditAsync().IsCompleted.ShouldBeTrue();
        window.Consume(1000);

        window.Credit.ShouldBe(-999);
        window.WaitForCreditAsync().IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Sender_waits_until_the_credit_is_positive()
    {
        var work = new WorkQueue();
        var window = new SendWindow(10, work);
        window.Consume(15);
        Task waiting = window.WaitForCreditAsync().AsTask();

        window.AddCredit(5);
        work.TryClaimReaderItems().ShouldBeFalse();
        waiting.IsCompleted.ShouldBeFalse();
        window.AddCredit(1);
        work.ScheduleReaderItems();

        await waiting.DefaultTimeout();
        window.Credit.ShouldBe(1);
    }

    [Fact]
    public async Task Close_completes_current_and_later_waits()
    {
        var window = new SendWindow(10, new WorkQueue());
        window.Consume(10);
        Task waiting = window.WaitForCreditAsync().AsTask();

        window.Close();

        await waiting.DefaultTimeout();
        window.WaitForCreditAsync().IsCompleted.ShouldBeTrue();
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData((1ul << 40) + 1)]
    [InlineData((1ul << 62) - 1)]
    public void Credit_of_zero_or_above_the_maximum_is_refused(ulong credit)
    {
        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => new SendWindow(10, new WorkQueue()).AddCredit(credit));

        error.Message.ShouldBe($"Expected CREDIT of 1 to 1099511627776 bytes, got {credit}.");
    }

    [Fact]
    public void Credit_above_the_maximum_in_sum_is_refused()
    {
        var window = new SendWindow(10, new WorkQueue());
        window.AddCredit((1ul << 40) - 10);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => window.AddCredit(1));

        error.Message.ShouldStartWith("Expected CREDIT that adds up to at most 1099511627776 bytes");
    }

    [Fact]
    public void Items_beyond_the_window_are_refused_with_the_name_of_the_limit()
    {
        var window = new ReceiveWindow(100, 100, new MemoryAccount(), new ConsumedItems(long.MaxValue, _ => { }));
        window.OnReceived(99, startsMessage: true);
        window.OnReceived(500, startsMessage: true);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => window.OnReceived(1, startsMessage: true));

        error.Message.ShouldContain("whose window of 100 bytes is used up (limit StreamWindow), got 1 bytes");
    }

    [Fact]
    public void Later_fragments_of_an_accepted_message_are_accepted()
    {
        var window = new ReceiveWindow(100, 100, new MemoryAccount(), new ConsumedItems(long.MaxValue, _ => { }));

        window.OnReceived(100, startsMessage: true);

        window.OnReceived(1000, startsMessage: false);
        Should.Throw<TunnelProtocolException>(() => window.OnReceived(0, startsMessage: true));
    }

    [Fact]
    public void Credit_is_sent_an_eighth_of_the_window_at_a_time()
    {
        var window = new ReceiveWindow(800, 800, new MemoryAccount(), new ConsumedItems(long.MaxValue, _ => { }));

        window.OnConsumed(60).ShouldBe(0);
        window.OnConsumed(39).ShouldBe(0);
        window.OnConsumed(1).ShouldBe(100);
        window.OnConsumed(99).ShouldBe(0);
        window.OnConsumed(301).ShouldBe(400);
    }

    [Fact]
    public void Window_doubles_up_to_its_maximum_when_the_sender_waited_and_the_consumer_keeps_up()
    {
        var window = new ReceiveWindow(1000, 3000, new MemoryAccount(), new ConsumedItems(long.MaxValue, _ => { }));

        window.TryGrow().ShouldBe(0, "the sender did not wait");
        window.OnPeerBlocked();
        window.TryGrow().ShouldBe(1000);
        window.TryGrow().ShouldBe(0, "the sender did not wait again");
        window.OnPeerBlocked();
        window.TryGrow().ShouldBe(1000);
        window.OnPeerBlocked();
        window.TryGrow().ShouldBe(0, "the maximum is reached");

        window.Size.ShouldBe(3000);
        window.OnReceived(2999, startsMessage: true);
        window.OnReceived(1, startsMessage: true);
        Should.Throw<TunnelProtocolException>(() => window.OnReceived(1, startsMessage: true)).Message.ShouldContain("3000 bytes");
    }

    [Fact]
    public void Window_does_not_grow_while_the_consumer_is_behind()
    {
        var window = new ReceiveWindow(1000, 3000, new MemoryAccount(), new ConsumedItems(long.MaxValue, _ => { }));
        window.OnReceived(1000, startsMessage: true);
        window.OnMessage(1000);
        window.OnPeerBlocked();

        window.TryGrow().ShouldBe(0);
        window.OnConsumed(749);
        window.TryGrow().ShouldBe(0);
        window.OnConsumed(1);

        window.TryGrow().ShouldBe(1000);
    }

    [Fact]
    public void Window_does_not_grow_while_the_memory_of_the_server_is_near_its_limit()
    {
        var budget = new MemoryBudget(10_000, () => { });
        var window = new ReceiveWindow(1000, 3000, new MemoryAccount(budget: budget), new ConsumedItems(long.MaxValue, _ => { }));
        window.OnPeerBlocked();
        budget.Add(9000);

        window.TryGrow().ShouldBe(0);
        budget.Add(-9000);

        window.TryGrow().ShouldBe(1000);
    }

    [Fact]
    public void Sender_reports_its_wait_once_for_each_window_that_it_has_sent()
    {
        var window = new SendWindow(100, new WorkQueue());
        window.TryReportBlocked(100).ShouldBeFalse("there is credit");
        window.Consume(100);
        window.TryReportBlocked(100).ShouldBeTrue();
        window.TryReportBlocked(100).ShouldBeFalse();
        window.AddCredit(99);
        window.Consume(99);
        window.TryReportBlocked(100).ShouldBeFalse();
        window.AddCredit(1);
        window.Consume(1);

        window.TryReportBlocked(100).ShouldBeTrue();
    }

    [Fact]
    public void Sender_that_waits_for_the_consumer_does_not_report_it()
    {
        var window = new SendWindow(100, new WorkQueue());
        window.Consume(100);

        window.TryReportBlocked(0).ShouldBeFalse("the peer has received everything");
        window.TryReportBlocked(49).ShouldBeFalse();
        window.TryReportBlocked(50).ShouldBeTrue("a later wait for the same window is reported");
    }

    [Fact]
    public void Credit_of_a_larger_window_does_not_tell_that_items_were_consumed()
    {
        var window = new SendWindow(100, new WorkQueue());
        window.Consume(50);

        window.AddCredit(100, enlargesWindow: true);

        (window.Credit, window.IsConsumed, window.HasNearlyAllCredit).ShouldBe((150, false, false));
        window.AddCredit(50);
        (window.Credit, window.IsConsumed, window.HasNearlyAllCredit).ShouldBe((200, true, true));
    }

    [Fact]
    public void Sender_within_its_window_is_never_refused_and_never_blocked_forever()
    {
        Gen<(bool Send, int Size)> step = from send in Gen.Elements(true, false) from size in Gen.Choose(1, 3000) select (send, size);

        Prop.ForAll(step.ListOf().ToArbitrary(), steps => KeepsItsWindow([.. steps]))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(200));
    }

    private static void KeepsItsWindow((bool Send, int Size)[] steps)
    {
        const int Size = 1024;
        var send = new SendWindow(Size, new WorkQueue());
        var memory = new MemoryAccount();
        var receive = new ReceiveWindow(Size, 4 * Size, memory, new ConsumedItems(long.MaxValue, _ => { }));
        var queue = new Queue<int>();
        foreach ((bool sends, int size) in steps)
        {
            if (sends && send.Credit > 0)
            {
                send.Consume(size);
                receive.OnReceived(size, startsMessage: true);
                receive.OnMessage(size);
                queue.Enqueue(size);
            }
            else if (sends)
            {
                receive.OnPeerBlocked();
            }
            else if (queue.TryDequeue(out int consumed))
            {
                if (receive.OnConsumed(consumed) is > 0 and long credit)
                {
                    send.AddCredit((ulong)credit);
                }

                if (receive.TryGrow() is > 0 and long growth)
                {
                    send.AddCredit((ulong)growth, enlargesWindow: true);
                }
            }

            queue.Sum().ShouldBeLessThanOrEqualTo(receive.Size + 3000);
            memory.AccountedCallBytes.ShouldBeInRange(queue.Sum(), queue.Sum() + (receive.Size / 8));
        }

        while (queue.TryDequeue(out int rest))
        {
            if (receive.OnConsumed(rest) is > 0 and long credit)
            {
                send.AddCredit((ulong)credit);
            }
        }

        send.Credit.ShouldBeGreaterThan(0);
        receive.Release();
        receive.OnReceived(500, startsMessage: true);
        receive.OnConsumed(500).ShouldBe(0);
        memory.PublishReceivedItemBytes();
        (memory.AccountedBytes, memory.AccountedCallBytes).ShouldBe((0, 0));
    }
}
