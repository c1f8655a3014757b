using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Tasks.Sources;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Running;

/// <summary>One call at a time, each begun in the frame of <see cref="Begin"/>; free again once it is answered.</summary>
internal sealed class PacedCall(Func<ValueTask<Sample>> call, Latencies.WorkerLatencies latencies, ConcurrentQueue<PacedCall> free) : IValueTaskSource<long>
{
    /// <summary>What is due when nothing is any more.</summary>
    private const long NoMoreCalls = 0;

    private ManualResetValueTaskSourceCore<long> _due;

    public Latencies.WorkerLatencies Latencies => latencies;

    /// <summary>Begins a call; by who took it from the free ones.</summary>
    public void Begin(long due) => _due.SetResult(due);

    /// <summary>There are no more calls; likewise.</summary>
    public void Finish() => _due.SetResult(NoMoreCalls);

    /// <summary>Makes the calls until there are no more.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            long due = await new ValueTask<long>(this, _due.Version);
            if (due == NoMoreCalls)
            {
                return;
            }

            try
            {
                await call();
                latencies.Add(Stopwatch.GetTimestamp() - due);
            }
            finally
            {
                // Also when it failed: whoever waits for it is not to wait for ever.
                free.Enqueue(this);
            }
        }
    }

    long IValueTaskSource<long>.GetResult(short token)
    {
        long due = _due.GetResult(token);
        _due.Reset();
        return due;
    }

    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token) => _due.GetStatus(token);

    void IValueTaskSource<long>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _due.OnCompleted(continuation, state, token, flags);
}
