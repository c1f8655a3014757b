using System.Collections.Concurrent;
using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>Counts the runs of each call number in memory. Thread-safe.</summary>
internal sealed class CountingLedger : ILedger
{
    private const int PageSize = 1 << 14;

    private readonly ConcurrentDictionary<long, int[]> _pages = new();

    public void Record(long number, bool isIdempotent) =>
        Interlocked.Increment(ref _pages.GetOrAdd(number / PageSize, static _ => new int[PageSize])[number % PageSize]);

    public int RunsOf(long number) =>
        _pages.TryGetValue(number / PageSize, out int[]? page) ? Volatile.Read(ref page[number % PageSize]) : 0;

    /// <summary>Returns an error for each number from 0 that did not run exactly once, and one for runs of other numbers.</summary>
    public IReadOnlyList<string> FindErrors(long numbers)
    {
        var errors = new List<string>();
        for (long number = 0; number < numbers; number++)
        {
            if (RunsOf(number) is var runs and not 1)
            {
                errors.Add($"number {number} ran {runs} times");
            }
        }

        long all = _pages.Values.Sum(page => page.Sum(runs => (long)runs));
        if (all != numbers)
        {
            errors.Add($"{all} runs of {numbers} numbers");
        }

        return errors;
    }
}
