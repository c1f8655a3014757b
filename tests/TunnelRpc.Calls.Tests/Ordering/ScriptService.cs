using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Ordering;

internal sealed class ScriptService(Script script) : IFirst, ISecond, IFree, IAccount
{
    // The number of calls that run AppendAsync. Changed atomically.
    private int _running;

    /// <summary>Whether two calls of AppendAsync ever ran concurrently.</summary>
    public bool Overlapped { get; private set; }

    public Task RunAsync(string[] steps, CancellationToken cancellationToken) => script.RunAsync(steps, cancellationToken);

    public async Task AppendAsync(int number, byte[] ballast)
    {
        Overlapped |= Interlocked.Increment(ref _running) != 1;
        if (number % 3 == 0)
        {
            await Task.Yield();
        }

        script.Notes.Enqueue($"{number}/{ballast.Length}");
        Interlocked.Decrement(ref _running);
    }

    public async ValueTask AppendSoonAsync(int number, byte[] ballast) => await AppendAsync(number, ballast);

    public async IAsyncEnumerable<int> CountAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; ; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
            await Task.Yield();
        }
    }

    public async Task<int> SumAsync(IAsyncEnumerable<int> numbers)
    {
        int sum = 0;
        await foreach (int number in numbers)
        {
            sum += number;
        }

        return sum;
    }

    public Task<IAccount> OpenAsync() => Task.FromResult<IAccount>(new ScriptService(script));
}
