using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0044-callbacks-on-a-chosen-context.md
/// <summary>
/// Runs calls on a synchronization context or a task scheduler, in the order in which they were added. Thread-safe.
/// </summary>
/// <remarks>
/// The context is code of the application, so the reader does not post to it: a work item of the thread pool does, one at a time, which
/// keeps the order. The queue holds calls that have a permit, so MaxConcurrentCalls of each session limits it.
/// </remarks>
internal sealed class CallScheduler : IThreadPoolWorkItem
{
    private readonly CurrentContext? _context;
    private readonly TaskScheduler? _taskScheduler;
    private readonly ConcurrentQueue<IncomingCall> _calls = new();

    // Changed atomically: the number of added calls that are not posted. The thread that increments it from 0 queues the work item.
    private int _unpostedCount;

    private CallScheduler(SynchronizationContext? context, TaskScheduler? taskScheduler)
    {
        _context = context is null ? null : new CurrentContext(context);
        _taskScheduler = taskScheduler;
    }

    /// <summary>Whether the current code runs where this scheduler runs calls.</summary>
    private bool IsCurrent => _context is not null
        ? SynchronizationContext.Current is { } current && (current == _context || current == _context.Inner)
        : SynchronizationContext.Current is null && TaskScheduler.Current == _taskScheduler;

    /// <summary>Creates a scheduler from the settings of the application; null if neither is set.</summary>
    /// <exception cref="ArgumentException">Both are set.</exception>
    public static CallScheduler? Create(SynchronizationContext? context, TaskScheduler? taskScheduler, string names) =>
        context is not null && taskScheduler is not null
            ? throw new ArgumentException($"At most one of {names} may be set, got both.")
            : context is null && taskScheduler is null ? null : new CallScheduler(context, taskScheduler);

    /// <summary>Runs a call after those that were added before it have started. Neither blocks nor runs code of the application.</summary>
    public void Enqueue(IncomingCall call)
    {
        _calls.Enqueue(call);
        if (Interlocked.Increment(ref _unpostedCount) == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>
    /// Continues the awaiting code on the context. The result is false, and the code continues on the thread pool, if the context refuses
    /// the work.
    /// </summary>
    public SwitchAwaiter SwitchTo() => new(this);

    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            if (_calls.TryDequeue(out IncomingCall? call))
            {
                try
                {
                    Post(static state => ((IncomingCall)state!).RunScheduled(), call);
                }
                catch (Exception error)
                {
                    // A dispatcher that has shut down, for instance.
                    call.OnSchedulingFailed(error);
                }
            }
        }
        while (Interlocked.Decrement(ref _unpostedCount) > 0);
    }

    private void Post(SendOrPostCallback work, object state)
    {
        if (_context is null)
        {
            _ = Task.Factory.StartNew(
                work.Invoke, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _taskScheduler!);
            return;
        }

        _context.Post(work, state);
    }

    /// <summary>Awaits the context. A value of one use.</summary>
    internal sealed class SwitchAwaiter(CallScheduler scheduler) : ICriticalNotifyCompletion
    {
        private bool _isRefused;

        public bool IsCompleted => scheduler.IsCurrent;

        public SwitchAwaiter GetAwaiter() => this;

        public bool GetResult() => !_isRefused;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            try
            {
                scheduler.Post(static state => ((Action)state!)(), continuation);
            }
            catch (Exception)
            {
                _isRefused = true;
                ThreadPool.UnsafeQueueUserWorkItem(static state => state(), continuation, preferLocal: false);
            }
        }
    }
}
