using System.Collections.Concurrent;
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
