namespace TunnelRpc.Simulation.Scheduling;

/// <summary>
/// Drives a run. The driver is itself a work item of the thread pool with its single worker: when no other work item is queued, it fires
/// the next event. Sometimes, as drawn from the seed, it fires events earlier. The seed therefore determines the order of all work.
/// </summary>
internal sealed class Driver(SimClock clock, SimRandom random, Action onStep) : IThreadPoolWorkItem
{
    /// <summary>
    /// More executions of the driver than any run needs between two events. Beyond it, work items re-queue each other endlessly.
    /// </summary>
    private const int MaxRunsBetweenEvents = 200_000;

    /// <summary>More events than any run has. A run with more does not end.</summary>
    private const int MaxEvents = 2_000_000;

    /// <summary>
    /// How far simulated time may advance while work items are queued. It is short, since ready work does not wait for long.
    /// </summary>
    private static readonly TimeSpan EarlyEventWindow = TimeSpan.FromMilliseconds(5);

    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly double _earlyEventProbability = random.Pick(0, 0, 0.1, 0.5);
    private Task _main = Task.CompletedTask;
    private int _runsSinceEvent;
    private int _earlyEvents;

    public long Events { get; private set; }

    /// <summary>Whether the thread pool has exactly one worker. With more, a run is not repeatable.</summary>
    public static bool HasOneWorker
    {
        get
        {
            ThreadPool.GetMaxThreads(out int workers, out _);
            return workers == 1;
        }
    }

    /// <summary>
    /// Starts <paramref name="main"/> on the worker and drives the run until <paramref name="main"/> has completed and no work item is
    /// queued. Fails if no event is scheduled before that, or a bound is exceeded.
    /// </summary>
    public Task RunAsync(Func<Task> main)
    {
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                (Driver driver, Func<Task> main) = state;
                driver._main = main();
                ThreadPool.UnsafeQueueUserWorkItem(driver, preferLocal: false);
            },
            (this, main),
            preferLocal: false);
        return _completed.Task;
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            while (ThreadPool.PendingWorkItemCount == 0 || (_earlyEvents > 0 && clock.IsDueWithin(EarlyEventWindow)))
            {
                _earlyEvents--;
                if (_main.IsCompleted && ThreadPool.PendingWorkItemCount == 0)
                {
                    if (_main.Exception is { } failed)
                    {
                        _completed.TrySetException(failed.InnerExceptions);
                    }

                    _completed.TrySetResult();
                    return;
                }

                _runsSinceEvent = 0;
                if (!clock.TryStep())
                {
                    throw new InvalidOperationException(
                        "No event is scheduled, but the run has not ended: all of its tasks wait for each other.");
                }

                if (++Events > MaxEvents)
                {
                    throw new InvalidOperationException($"The run has not ended after {MaxEvents} events.");
                }

                onStep();
                _earlyEvents = random.Chance(_earlyEventProbability) ? random.Between(1, 3) : 0;
            }

            if (++_runsSinceEvent > MaxRunsBetweenEvents)
            {
                throw new InvalidOperationException(
                    $"Work items run endlessly between two events: the driver has executed {MaxRunsBetweenEvents} times.");
            }

            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        catch (Exception error)
        {
            _completed.TrySetException(error);
        }
    }
}
