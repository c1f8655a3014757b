using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>Counts the calls with each number and runs a delegate of the test in each call.</summary>
internal sealed class Work : IWork, IOrderedWork
{
    private readonly ConcurrentDictionary<int, int> _runs = new();

    /// <summary>How often the call with each number ran.</summary>
    public IReadOnlyDictionary<int, int> Runs => _runs;

    /// <summary>Runs in each call, with its number. Does nothing by default.</summary>
    public Func<int, Task> OnRun { get; set; } = _ => Task.CompletedTask;

    public async ValueTask<int> AddAsync(int number, CancellationToken cancellationToken = default)
    {
        await RunAsync(number);
        return number;
    }

    public async ValueTask AddVoidAsync(int number, CancellationToken cancellationToken = default) => await RunAsync(number);

    public async ValueTask NoteAsync(int number, CancellationToken cancellationToken = default) => await RunAsync(number);

    public async ValueTask<int> FindAsync(int number, CancellationToken cancellationToken = default)
    {
        await RunAsync(number);
        return number;
    }

    public async IAsyncEnumerable<int> CountAsync(int number, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return number;
        await RunAsync(number);
        yield return number + 1;
    }

    public async IAsyncEnumerable<int> ListAsync(int number, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await RunAsync(number);
        yield return number;
        yield return number + 1;
    }

    public async Task<int> SumAsync(int number, IAsyncEnumerable<int> items, CancellationToken cancellationToken = default)
    {
        await RunAsync(number);
        int sum = 0;
        await foreach (int item in items.WithCancellation(cancellationToken))
        {
            sum += item;
        }

        return sum;
    }

    public async IAsyncEnumerable<int> EchoAsync(
        int number, IAsyncEnumerable<int> items, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await RunAsync(number);
        await foreach (int item in items.WithCancellation(cancellationToken))
        {
            yield return item;
        }
    }

    public async Task<int> AskAsync(int number, CancellationToken cancellationToken = default)
    {
        await RunAsync(number);
        ICallbackService caller = TunnelCallContext.Current!.GetCallback<ICallbackService>();
        int sum = await caller.AnswerAsync(number, cancellationToken);
        await caller.NotifyAsync(number, cancellationToken);
        return sum;
    }

    private Task RunAsync(int number)
    {
        _runs.AddOrUpdate(number, 1, static (_, runs) => runs + 1);
        return OnRun(number);
    }
}
