using System.Collections.Concurrent;
using System.Diagnostics;
using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>
/// Callers whose calls may fail, but must have a true outcome. Every other call is idempotent and is retried, so it must not fail.
/// </summary>
internal sealed class OutcomeCalls(IChaosPeer peer)
{
    private readonly ConcurrentQueue<CallResult> _ended = new();
    private long _next;
    private long _succeeded;

    public long Succeeded => Volatile.Read(ref _succeeded);

    public int Count(TunnelCallOutcome outcome) => _ended.Count(e => e.Outcome == outcome);

    public Task RunAsync(int callers, CancellationToken stopping) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(stopping), CancellationToken.None)));

    /// <summary>Compares the outcomes of the calls with the runs in the journal; returns the contradictions.</summary>
    public IReadOnlyList<string> FindErrors(Dictionary<long, int> runs, TimeSpan maxDuration)
    {
        var errors = new List<string>();
        foreach (CallResult call in _ended)
        {
            int runCount = runs.GetValueOrDefault(call.Number);
            bool isCorrect = call switch
            {
                { Error: not null, Outcome: null } => false,
                { IsIdempotent: true } => call.Outcome == TunnelCallOutcome.Completed && runCount >= 1,
                { Outcome: TunnelCallOutcome.Completed } => runCount == 1,
                { Outcome: TunnelCallOutcome.NotSent } => runCount == 0,
                _ => runCount <= 1,
            };
            if (!isCorrect || call.Took > maxDuration)
            {
                errors.Add(
                    $"call {call.Number}{(call.IsIdempotent ? ", idempotent," : "")} ended with the outcome {call.Outcome} after "
                    + $"{call.Took.TotalSeconds:F1} s and ran {runCount} times: {call.Error}");
            }
        }

        return errors.Count > 20 ? [.. errors.Take(20), $"{errors.Count} in total"] : errors;
    }

    public override string ToString() =>
        $"{_ended.Count} calls, "
        + string.Join(", ", _ended
            .GroupBy(e => $"{e.Outcome}{(e.IsIdempotent ? " (idempotent)" : "")}")
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"{g.Count()} {g.Key}, at most {g.Max(e => e.Took).TotalSeconds:F1} s"));

    private async Task CallAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            long number = Interlocked.Increment(ref _next) - 1;
            bool isIdempotent = number % 2 == 1;
            byte[] payload = BitConverter.GetBytes(number);
            long began = Stopwatch.GetTimestamp();
            try
            {
                byte[] reply = isIdempotent
                    ? await peer.CountIdempotentAsync(number, payload, CancellationToken.None)
                    : await peer.CountAsync(number, payload, CancellationToken.None);
                bool isCorrect = Replies.IsCorrect(number, payload, reply);
                Interlocked.Increment(ref _succeeded);
                End(isCorrect ? TunnelCallOutcome.Completed : null, isCorrect ? null : "it got the reply of another call");
            }
            catch (TunnelException error)
            {
                End(error.Outcome, error.Message);
            }
            catch (Exception unexpected)
            {
                // Calls fail with TunnelException: any other exception fails the test.
                End(null, unexpected.ToString());
            }

            void End(TunnelCallOutcome? outcome, string? error) =>
                _ended.Enqueue(new CallResult(number, isIdempotent, outcome, Stopwatch.GetElapsedTime(began), error));
        }
    }

    private sealed record CallResult(long Number, bool IsIdempotent, TunnelCallOutcome? Outcome, TimeSpan Took, string? Error);
}
