using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TunnelRpc.Calls.Tests.Filters;

internal sealed class FilterService : IFilterService
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>The number of flaky calls that fail before the first one succeeds.</summary>
    public int Failures { get; init; } = 2;

    public TunnelStatus Failure { get; init; } = TunnelStatus.Unavailable;

    /// <summary>The arguments of TouchAsync and NotifyAsync.</summary>
    public Channel<string> Names { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Completes when BlockAsync runs.</summary>
    public Task Started => _started.Task;

    public Task<string> JoinAsync(string left, int? right, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        return Task.FromResult($"{left}+{right?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}");
    }

    public Task TouchAsync(string name) => Names.Writer.WriteAsync(name).AsTask();

    public ValueTask NotifyAsync(string name) => Names.Writer.WriteAsync(name);

    public Task<int> FlakyAsync() => FlakyOnceOnlyAsync();

    public Task<int> FlakyOnceOnlyAsync() => Interlocked.Increment(ref _calls) is int calls && calls > Failures
        ? Task.FromResult(calls)
        : throw new TunnelException(Failure, $"failure {calls}");

    public Task<string> BreakAsync() => throw new FormatException("unreadable");

    public async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        for (int i = 0; i < count; i++)
        {
            yield return i;
        }

        if (count > 100)
        {
            throw new TunnelException(TunnelStatus.OutOfRange, "too many");
        }
    }

    public async Task<int> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken)
    {
        int sum = 0;
        await foreach (int number in numbers.WithCancellation(cancellationToken))
        {
            sum += number;
        }

        return sum;
    }

    public async IAsyncEnumerable<int> AddToEachAsync(
        IAsyncEnumerable<int> numbers, int added, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (int number in numbers.WithCancellation(cancellationToken))
        {
            yield return number + added;
        }
    }

    public Task BlockAsync(CancellationToken cancellationToken)
    {
        _started.TrySetResult();
        return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public Task<double?> RemainingAsync() => Task.FromResult(TunnelCallContext.Current!.RemainingTime?.TotalMilliseconds);

    public Task<string?> HeaderAsync(string name) => Task.FromResult(TunnelCallContext.Current!.Headers.GetValueOrDefault(name));
}
