using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Migration;

/// <summary>Counts the calls with each number.</summary>
internal sealed class Counted : ICounted
{
    private readonly ConcurrentDictionary<int, int> _runs = new();

    /// <summary>How often the call with each number ran.</summary>
    public IReadOnlyDictionary<int, int> Runs => _runs;

    public ValueTask<int> AddAsync(int number, CancellationToken cancellationToken = default)
    {
        _runs.AddOrUpdate(number, 1, static (_, runs) => runs + 1);
        return ValueTask.FromResult(number);
    }

    public async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 100 == 0)
            {
                await Task.Yield();
            }

            yield return i;
        }
    }
}
