using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Tasks.Sources;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Running;

/// <summary>Makes one call at a time. <see cref="Start"/> starts it inline. When it has completed, this object is free again.</summary>
internal sealed class PacedCall(Func<ValueTask<Sample>> call, Latencies.WorkerLatencies latencies, ConcurrentQueue<PacedCall> free)
    : IValueTaskSource<long>
{
    /// <summary>The due time that means the end.</summary>
    private const long NoMoreCalls = 0;

    private ManualResetValueTaskSourceCore<long> _due;

    public Latencies.WorkerLatencies Latencies => latencies;

    /// <summary>Starts a call. The caller has taken this object from the free ones.</summary>
    public void Start(long due) => _due.SetResult(due);

    /// <summary>Ends <see cref="RunAsync"/>. The caller has taken this object from the free ones.</summary>
    public void Finish() => _due.SetResult(NoMoreCalls);

    /// <summary>Makes the calls until <see cref="Finish"/>.</summary>
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
                // Also after a failure: the pacing thread would otherwise wait for this object without end.
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

    void IValueTaskSource<long>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _due.OnCompleted(continuation, state, token, flags);
}
