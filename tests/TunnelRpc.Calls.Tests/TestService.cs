using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TunnelRpc.Calls.Tests;

/// <summary>The implementation of one side. Signals the start and the cancellation of calls, so that tests need no delays.</summary>
internal sealed class TestService(Func<ITestService> caller) : ITestService
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _started = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _cancelled = new();

    public Channel<string> Touched { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Completes when the call with this name runs.</summary>
    public Task Started(string name) => Signal(_started, name).Task;

    /// <summary>Completes when the token of the call with this name is cancelled.</summary>
    public Task Cancelled(string name) => Signal(_cancelled, name).Task;

    public Task<Payload> EchoAsync(Payload payload, CancellationToken cancellationToken) => Task.FromResult(payload);

    public ValueTask<int> AddAsync(int left, int right, CancellationToken cancellationToken) => new(left + right);

    public async Task TouchAsync(string name, CancellationToken cancellationToken) =>
        await Touched.Writer.WriteAsync(name, cancellationToken);

    public ValueTask TouchValueAsync(string name, CancellationToken cancellationToken) =>
        Touched.Writer.WriteAsync(name, cancellationToken);

    public ValueTask NotifyAsync(string name) => name == "fail"
        ? throw new InvalidOperationException("The caller of a one-way call gets no failure.")
        : Touched.Writer.WriteAsync(name);

    public Task<byte[]> ReverseAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        byte[] reversed = [.. bytes];
        Array.Reverse(reversed);
        return Task.FromResult(reversed);
    }

    public Task<string> FailAsync(string kind, CancellationToken cancellationToken) => kind switch
    {
        "status" => throw new TunnelException(TunnelStatus.FailedPrecondition, "not today: ünïcödé \0 \u2603 \"quoted\"\n"),
        "detail" => throw new TunnelException(TunnelStatus.NotFound, "out of stock")
        {
            Detail = TunnelFaultDetail.Create("test.stock", 7, Serialization.Formatters.Int32Formatter.Instance),
        },
        "surrogate" => throw new TunnelException(TunnelStatus.Aborted, "lone \ud800 surrogate"),
        "null" => Task.FromResult<string>(null!),
        _ => throw new InvalidOperationException("secret"),
    };

    public async Task<string> BlockAsync(string name, CancellationToken cancellationToken)
    {
        await WaitForCancellationAsync(name, cancellationToken);
        return "never";
    }

    public async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 100 == 0)
            {
                await Task.Yield();
            }

            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    public async IAsyncEnumerable<long> EndlessAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            for (long i = 0; ; i++)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                Signal(_started, name).TrySetResult();
                yield return i;
            }
        }
        finally
        {
            Signal(_cancelled, name).TrySetResult();
        }
    }

    public async IAsyncEnumerable<string> FailAfterAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return $"item {i}";
        }

        throw new TunnelException(TunnelStatus.DataLoss, "the tape broke");
    }

    public async IAsyncEnumerable<byte[]> BlocksAsync(int count, int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            byte[] block = new byte[size];
            Array.Fill(block, (byte)i);
            yield return block;
        }
    }

    public async Task<long> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken)
    {
        long sum = 0;
        await foreach (int number in numbers.WithCancellation(cancellationToken))
        {
            sum += number;
        }

        return sum;
    }

    public async Task<int> TakeFirstAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken)
    {
        await foreach (int number in numbers.WithCancellation(cancellationToken))
        {
            return number;
        }

        return -1;
    }

    public async IAsyncEnumerable<string> ShoutAsync(
        IAsyncEnumerable<string> words, string suffix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string word in words.WithCancellation(cancellationToken))
        {
            yield return word.ToUpperInvariant() + suffix;
        }
    }

    public async Task<int> NestAsync(int depth, CancellationToken cancellationToken) =>
        depth == 0 ? 0 : 1 + await caller().NestAsync(depth - 1, cancellationToken);

    public async Task<long> SumBackAsync(int count, CancellationToken cancellationToken)
    {
        long sum = 0;
        await foreach (int number in caller().CountAsync(count, cancellationToken))
        {
            sum += number;
        }

        return sum;
    }

    private async Task WaitForCancellationAsync(string name, CancellationToken cancellationToken)
    {
        Signal(_started, name).TrySetResult();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            Signal(_cancelled, name).TrySetResult();
        }
    }

    private static TaskCompletionSource Signal(ConcurrentDictionary<string, TaskCompletionSource> signals, string name) =>
        signals.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
