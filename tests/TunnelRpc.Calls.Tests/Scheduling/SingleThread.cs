using System.Collections.Concurrent;

namespace TunnelRpc.Calls.Tests.Scheduling;

/// <summary>
/// One thread with a queue, as a user interface has: as a synchronization context (which does not set itself, as some do not) and as a task
/// scheduler.
/// </summary>
internal sealed class SingleThread : IDisposable
{
    public const string Name = "the one thread";

    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;

    public SingleThread(bool setsContext = true)
    {
        Context = new PostingContext(_queue);
        Scheduler = new QueueingScheduler(_queue);
        _thread = new Thread(() =>
        {
            if (setsContext)
            {
                SynchronizationContext.SetSynchronizationContext(Context);
            }

            foreach (Action work in _queue.GetConsumingEnumerable())
            {
                work();
            }
        })
        { Name = Name, IsBackground = true };
        _thread.Start();
    }

    public SynchronizationContext Context { get; }

    public TaskScheduler Scheduler { get; }

    /// <summary>Where the current code runs.</summary>
    public static string Where => Thread.CurrentThread.Name == Name ? Name : "another thread";

    /// <summary>Runs work on the thread.</summary>
    public void Run(Action work) => _queue.Add(work);

    /// <summary>From now on the context accepts no work: it throws.</summary>
    public void ShutDown() => _queue.CompleteAdding();

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private sealed class PostingContext(BlockingCollection<Action> queue) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => queue.Add(() => d(state));

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class QueueingScheduler(BlockingCollection<Action> queue) : TaskScheduler
    {
        protected override IEnumerable<Task> GetScheduledTasks() => [];

        protected override void QueueTask(Task task) => queue.Add(() => TryExecuteTask(task));

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
    }
}
