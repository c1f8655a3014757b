namespace TunnelRpc.Simulation.Scheduling;

/// <summary>
/// Drives a run as a work item among those that it drives: when nothing else is left to run on the one worker, the next event happens; now
/// and then, as the seed says, already before that. So the order of everything is the seed's.
/// </summary>
internal sealed class Driver(SimClock clock, SimRandom random, Action onStep) : IThreadPoolWorkItem
{
    /// <summary>More turns than any run needs between two events: something goes round in circles.</summary>
    private const int MaxRunsBetweenEvents = 200_000;

    /// <summary>More events than any run has.</summary>
    private const int MaxEvents = 2_000_000;

    /// <summary>How far time may go on while work is still to be done: what is ready to run does not wait for long.</summary>
    private static readonly TimeSpan EarlyEventWindow = TimeSpan.FromMilliseconds(5);

    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly double _earlyEventProbability = random.Pick(0, 0, 0.1, 0.5);
    private Task _main = Task.CompletedTask;
    private int _runs;
    private int _early;

    public long Events { get; private set; }

    /// <summary>Whether the pool has the one worker without which a run is not repeatable.</summary>
    public static bool HasOneWorker
    {
        get
        {
            ThreadPool.GetMaxThreads(out int workers, out _);
            return workers == 1;
        }
    }

    /// <summary>Starts <paramref name="main"/> on the worker and drives until it has ended and nothing is left to run. Fails where it cannot end.</summary>
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
            while (ThreadPool.PendingWorkItemCount == 0 || (_early > 0 && clock.IsDueWithin(EarlyEventWindow)))
            {
                _early--;
                if (_main.IsCompleted && ThreadPool.PendingWorkItemCount == 0)
                {
                    if (_main.Exception is { } failed)
                    {
                        _completed.TrySetException(failed.InnerExceptions);
                    }

                    _completed.TrySetResult();
                    return;
                }

                _runs = 0;
                if (!clock.TryStep())
                {
                    throw new InvalidOperationException("Nothing is due any more, and the run is not over: everything waits for something else.");
                }

                if (++Events > MaxEvents)
                {
                    throw new InvalidOperationException($"The run is not over after {MaxEvents} events.");
                }

                onStep();
                _early = random.Chance(_earlyEventProbability) ? random.Between(1, 3) : 0;
            }

            if (++_runs > MaxRunsBetweenEvents)
            {
                throw new InvalidOperationException($"Work goes on without end at one moment: {MaxRunsBetweenEvents} turns.");
            }

            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        catch (Exception error)
        {
            _completed.TrySetException(error);
        }
    }
}
