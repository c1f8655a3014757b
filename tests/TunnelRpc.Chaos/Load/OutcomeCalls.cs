using System.Collections.Concurrent;
using System.Diagnostics;
using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>Callers whose calls may fail, but must say how far they came. Every other call may be repeated, and so must not fail.</summary>
internal sealed class OutcomeCalls(IChaosPeer peer)
{
    private readonly ConcurrentQueue<CallResult> _ended = new();
    private long _next;
    private long _succeeded;

    public long Succeeded => Volatile.Read(ref _succeeded);

    public int Count(TunnelCallOutcome outcome) => _ended.Count(e => e.Outcome == outcome);

    public Task RunAsync(int callers, CancellationToken stopping) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(stopping), CancellationToken.None)));

    /// <summary>What the journal says against what the calls have said; empty when they agree.</summary>
    public IReadOnlyList<string> FindErrors(Dictionary<long, int> runs, TimeSpan most)
    {
        var faults = new List<string>();
        foreach (CallResult call in _ended)
        {
            int ran = runs.GetValueOrDefault(call.Number);
            bool isRight = call switch
            {
                { Error: not null, Outcome: null } => false,
                { IsIdempotent: true } => call.Outcome == TunnelCallOutcome.Completed && ran >= 1,
                { Outcome: TunnelCallOutcome.Completed } => ran == 1,
                { Outcome: TunnelCallOutcome.NotSent } => ran == 0,
                _ => ran <= 1,
            };
            if (!isRight || call.Took > most)
            {
                faults.Add($"call {call.Number}{(call.IsIdempotent ? ", idempotent," : "")} ended {call.Outcome} after {call.Took.TotalSeconds:F1} s and ran {ran} times: {call.Error}");
            }
        }

        return faults.Count > 20 ? [.. faults.Take(20), $"{faults.Count} in all"] : faults;
    }

    public override string ToString() =>
        $"{_ended.Count} calls, {string.Join(", ", _ended.GroupBy(e => $"{e.Outcome}{(e.IsIdempotent ? " (idempotent)" : "")}").OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}, at most {g.Max(e => e.Took).TotalSeconds:F1} s"))}";

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
                byte[] answer = isIdempotent
                    ? await peer.CountIdempotentAsync(number, payload, CancellationToken.None)
                    : await peer.CountAsync(number, payload, CancellationToken.None);
                bool isRight = Replies.IsCorrect(number, payload, answer);
                Interlocked.Increment(ref _succeeded);
                End(isRight ? TunnelCallOutcome.Completed : null, isRight ? null : "it got another's answer");
            }
            catch (TunnelException error)
            {
                End(error.Outcome, error.Message);
            }
            catch (Exception unexpected)
            {
                // Calls fail with TunnelException: anything else fails the test.
                End(null, unexpected.ToString());
            }

            void End(TunnelCallOutcome? outcome, string? error) => _ended.Enqueue(new CallResult(number, isIdempotent, outcome, Stopwatch.GetElapsedTime(began), error));
        }
    }

    private sealed record CallResult(long Number, bool IsIdempotent, TunnelCallOutcome? Outcome, TimeSpan Took, string? Error);
}
