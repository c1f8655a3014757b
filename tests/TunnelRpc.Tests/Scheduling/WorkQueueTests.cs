using System.Collections.Concurrent;
using System.Diagnostics;
using TunnelRpc.Scheduling;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Scheduling;

public sealed class WorkQueueTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    private readonly WorkQueue _queue = new();

    [Fact]
    public async Task Every_item_runs_once_whichever_thread_adds_it()
    {
        const int Adders = 4;
        const int Each = 20_000;
        var runs = new ConcurrentDictionary<int, int>();
        using var all = new CountdownEvent(Adders * Each);

        await Task.WhenAll(Enumerable.Range(0, Adders).Select(adder => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                int number = (adder * Each) + i;
                _queue.Enqueue(new Work(() =>
                {
                    runs.AddOrUpdate(number, 1, (_, before) => before + 1);
                    all.Signal();
                }));
            }
        }))).DefaultTimeout();

        all.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        runs.Count.ShouldBe(Adders * Each);
        runs.Values.ShouldAllBe(count => count == 1);
    }

    [Fact]
    public async Task Item_that_blocks_does_not_delay_later_items()
    {
        const int Blocking = 3;
        using var release = new ManualResetEventSlim();
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (int i = 0; i < Blocking; i++)
        {
            _queue.Enqueue(new Work(() => release.Wait(TimeSpan.FromSeconds(60))));
        }

        _queue.Enqueue(new Work(() => ran.SetResult()));

        await ran.Task.DefaultTimeout();
        release.Set();
    }

    [Fact]
    public async Task Write_runs_after_short_items_that_were_queued_before_it_and_once()
    {
        var order = new ConcurrentQueue<string>();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Task.Run(() =>
        {
            _queue.EnqueueFromReader(new Work(() =>
            {
                _queue.Enqueue(new Work(() => order.Enqueue("second")));
                _queue.EnqueueWrite(new Work(() => order.Enqueue("write")), mayYield: true);
                _queue.Enqueue(new Work(end.SetResult));
                order.Enqueue("first");
            }));
            _queue.TryClaimReaderItems().ShouldBeTrue();
            _queue.DrainInline();
        }).DefaultTimeout();
        await end.Task.DefaultTimeout();

        // A preempted thread may run the write early, but never twice, and never before the item that queued it has ended.
        order.Count(o => o == "write").ShouldBe(1);
        order.First().ShouldBe("first");
    }

    [Fact]
    public async Task Write_precedes_the_next_item_if_the_last_one_took_longer_than_its_delay()
    {
        const int Items = 64;
        var order = new ConcurrentQueue<string>();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Task.Run(() =>
        {
            _queue.EnqueueFromReader(new Work(() =>
            {
                _queue.EnqueueWrite(new Work(() => order.Enqueue("write")), mayYield: true);
                Spin(TimeSpan.FromMilliseconds(2));
            }));
            for (int i = 0; i < Items; i++)
            {
                _queue.EnqueueFromReader(new Work(() =>
                {
                    order.Enqueue("item");
                    Spin(TimeSpan.FromMilliseconds(2));
                }));
            }

            _queue.EnqueueFromReader(new Work(end.SetResult));
            _queue.TryClaimReaderItems().ShouldBeTrue();
            _queue.DrainInline();
        }).DefaultTimeout();
        await end.Task.DefaultTimeout();

        // Other threads start a few items at the same time. In the order of the queue, all items would precede the write.
        order.TakeWhile(o => o != "write").Count().ShouldBeLessThan(Items / 2);
    }

    private static void Spin(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
        }
    }

    [Fact]
    public async Task Waiting_reader_runs_its_items_and_a_continuing_one_leaves_them_to_other_threads()
    {
        var here = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var elsewhere = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        int reader = 0;
        await Task.Run(() =>
        {
            reader = Environment.CurrentManagedThreadId;
            _queue.EnqueueFromReader(new Work(() => here.SetResult(Environment.CurrentManagedThreadId)));
            _queue.TryClaimReaderItems().ShouldBeTrue();
            _queue.DrainInline();
            here.Task.IsCompleted.ShouldBeTrue();

            using var ran = new ManualResetEventSlim();
            _queue.EnqueueFromReader(new Work(() =>
            {
                elsewhere.SetResult(Environment.CurrentManagedThreadId);
                ran.Set();
            }));
            _queue.ScheduleReaderItems();
            ran.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue();
            _queue.TryClaimReaderItems().ShouldBeFalse();
        }).DefaultTimeout();

        (await here.Task).ShouldBe(reader);
        (await elsewhere.Task).ShouldNotBe(reader);
    }

    [Fact]
    public async Task Reader_inside_of_an_item_does_not_run_other_items()
    {
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var outer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        int ranOn = 0;

        _queue.Enqueue(new Work(() =>
        {
            _queue.EnqueueFromReader(new Work(() =>
            {
                Volatile.Write(ref ranOn, Environment.CurrentManagedThreadId);
                ran.SetResult();
            }));
            _queue.TryClaimReaderItems();
            _queue.DrainInline();
            outer.SetResult(Volatile.Read(ref ranOn) == Environment.CurrentManagedThreadId);
        }));

        (await outer.Task.DefaultTimeout()).ShouldBeFalse("it would wait for what called it");
        await ran.Task.DefaultTimeout();
    }

    [Fact]
    public async Task Context_set_by_an_item_does_not_reach_the_next_one()
    {
        var seen = new TaskCompletionSource<(string?, SynchronizationContext?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await Task.Run(() =>
        {
            _queue.EnqueueFromReader(new Work(() =>
            {
                Ambient.Value = "left behind";
                SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            }));
            _queue.TryClaimReaderItems().ShouldBeTrue();
            _queue.DrainInline();
            (Ambient.Value, SynchronizationContext.Current).ShouldBe((null, null));
        }).DefaultTimeout();

        _queue.Enqueue(new Work(() => seen.SetResult((Ambient.Value, SynchronizationContext.Current))));

        (await seen.Task.DefaultTimeout()).ShouldBe((null, null));
    }

    private sealed class Work(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
