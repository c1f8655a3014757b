namespace TunnelRpc.Simulation.Scheduling;

/// <summary>
/// Drives a run as a work item among those that it drives: when nothing else is left to run on the one worker, the next event happens; now
/// and then, as the seed says, already before that. So the order of everything is the seed's.
/// </summary>
internal sealed class Driver(SimClock clock, SimRandom random, Action onStep) : IThreadPoolWorkItem
{
    /// <summary>More turns than any run needs between two events: something goes round in circles.</summary>
    private const int MostTurns = 200_000;

    /// <summary>More events than any run has.</summary>
    private const int MostEvents = 2_000_000;

    /// <summary>How far time may go on while work is still to be done: what is ready to run does not wait for long.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(5);

    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly double _impatience = random.Pick(0, 0, 0.1, 0.5);
    private Task _main = Task.CompletedTask;
    private int _turns;
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
        return _over.Task;
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            while (ThreadPool.PendingWorkItemCount == 0 || (_early > 0 && clock.IsDueWithin(Soon)))
            {
                _early--;
                if (_main.IsCompleted && ThreadPool.PendingWorkItemCount == 0)
                {
                    if (_main.Exception is { } failed)
                    {
                        _over.TrySetException(failed.InnerExceptions);
                    }

                    _over.TrySetResult();
                    return;
                }

                _turns = 0;
                if (!clock.TryStep())
                {
                    throw new InvalidOperationException("Nothing is due any more, and the run is not over: everything waits for something else.");
                }

                if (++Events > MostEvents)
                {
                    throw new InvalidOperationException($"The run is not over after {MostEvents} events.");
                }

                onStep();
                _early = random.Chance(_impatience) ? random.Between(1, 3) : 0;
            }

            if (++_turns > MostTurns)
            {
                throw new InvalidOperationException($"Work goes on without end at one moment: {MostTurns} turns.");
            }

            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        catch (Exception error)
        {
            _over.TrySetException(error);
        }
    }
}
