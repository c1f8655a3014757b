using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>
/// Streams that the application neither reads to their end nor disposes, and holds no longer: their calls end on both sides, and their
/// permits are free. Streams that it holds continue.
/// </summary>
public sealed class AbandonedStreamTests
{
    private const int Limit = 4;
    private const string FirstItemPending = "duplex streaming, first item pending";
    private const string MoreThanPermits = "more calls than permits";

    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, Func<ITestService, Task>> Shapes = new()
    {
        ["server streaming, not started"] = stub =>
        {
            _ = stub.EndlessAsync("x").GetAsyncEnumerator();
            return Task.CompletedTask;
        },
        ["server streaming, one item"] = stub => TakeOneAsync(stub.EndlessAsync("x")),
        ["server streaming, linked to a token"] = stub => TakeOneAsync(stub.EndlessAsync("x"), Token),
        ["server streaming, left by LINQ"] = stub => TakeOneAsync(stub.EndlessAsync("x").Select(i => i + 1)),
        ["server streaming, failed"] = async stub => await Should.ThrowAsync<TunnelException>(() => TakeOneAsync(stub.FailAfterAsync(0))),
        ["server streaming, read to the end"] = async stub =>
        {
            IAsyncEnumerator<int> items = stub.CountAsync(3).GetAsyncEnumerator();
            while (await items.MoveNextAsync())
            {
            }
        },
        ["duplex streaming, one item"] = stub => TakeOneAsync(stub.ShoutAsync(EndlessWordsAsync(), "!")),
        ["duplex streaming, second item pending"] = async stub =>
        {
            IAsyncEnumerator<string> abandoned = stub.ShoutAsync(TwoWordsAsync(Task.Delay(Timeout.Infinite)), "!").GetAsyncEnumerator();
            (await abandoned.MoveNextAsync()).ShouldBeTrue();
            _ = abandoned.MoveNextAsync().AsTask();
        },
        [FirstItemPending] = stub =>
        {
            _ = stub.ShoutAsync(NeverAsync(), "!").GetAsyncEnumerator().MoveNextAsync().AsTask();
            return Task.CompletedTask;
        },
        [MoreThanPermits] = stub =>
        {
            for (int i = 0; i < 2 * Limit; i++)
            {
                _ = stub.ShoutAsync(NeverAsync(), "!").GetAsyncEnumerator().MoveNextAsync().AsTask();
            }

            return Task.CompletedTask;
        },
    };

    // Lives as long as the process, as the token of an application may.
    private static readonly CancellationTokenSource TokenSource = new();

    private static CancellationToken Token => TokenSource.Token;

    public static TheoryData<string, bool> Cases()
    {
        var cases = new TheoryData<string, bool>();
        foreach (string shape in Shapes.Keys)
        {
            // The first item of a call of a client is awaited by the code that may retry the call, which holds it until then.
            if (shape is not (FirstItemPending or MoreThanPermits))
            {
                cases.Add(shape, false);
            }

            cases.Add(shape, true);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Abandoned_stream_ends_on_both_sides(string shape, bool serverCallsClient)
    {
        await using TunnelPair pair = await TunnelPair.StartInMemoryAsync(options => options.Limits.MaxConcurrentCalls = Limit);
        (ITestService stub, _) = pair.Direction(serverCallsClient);
        for (int i = 0; i < 3; i++)
        {
            for (int call = 0; call < Limit; call++)
            {
                await AbandonAsync(stub, shape).WaitAsync(HangTimeout);
                if (shape == MoreThanPermits)
                {
                    break;
                }
            }

            await ShouldHaveEndedAsync(pair);
        }

        (await Task.WhenAll(Enumerable.Range(0, 3 * Limit).Select(n => stub.AddAsync(n, 1).AsTask())).WaitAsync(HangTimeout))
            .ShouldBe(Enumerable.Range(1, 3 * Limit));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Calls_that_wait_for_the_permits_of_abandoned_streams_complete(bool serverCallsClient)
    {
        await using TunnelPair pair = await TunnelPair.StartInMemoryAsync(options => options.Limits.MaxConcurrentCalls = Limit);
        (ITestService stub, _) = pair.Direction(serverCallsClient);
        for (int i = 0; i < Limit; i++)
        {
            await AbandonAsync(stub, "duplex streaming, second item pending").WaitAsync(HangTimeout);
        }

        // The session itself collects garbage, since the application allocates nothing.
        (await stub.AddAsync(1, 2).AsTask().WaitAsync(HangTimeout)).ShouldBe(3);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Streams_that_are_awaited_are_not_collected(bool serverCallsClient)
    {
        await using TunnelPair pair = await TunnelPair.StartInMemoryAsync();
        (ITestService stub, _) = pair.Direction(serverCallsClient);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        Task<List<string>> reading = ReadAsync(stub, gate.Task);
        Task<long> counting = CountAsync(stub);
        for (int i = 0; i < 5; i++)
        {
            await Task.Yield();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        gate.SetResult();
        (await reading.WaitAsync(HangTimeout)).ShouldBe(["A!", "B!"]);
        (await counting.WaitAsync(HangTimeout)).ShouldBe(2000);

        static async Task<List<string>> ReadAsync(ITestService stub, Task gate) =>
            await stub.ShoutAsync(TwoWordsAsync(gate), "!").ToListAsync();

        static async Task<long> CountAsync(ITestService stub)
        {
            long count = 0;
            await foreach (int item in stub.CountAsync(2000))
            {
                item.ShouldBe((int)count++);
                if (count % 500 == 0)
                {
                    GC.Collect();
                }
            }

            return count;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task AbandonAsync(ITestService stub, string shape) => Task.Run(() => Shapes[shape](stub));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task TakeOneAsync<T>(IAsyncEnumerable<T> items, CancellationToken cancellationToken = default)
    {
        IAsyncEnumerator<T> abandoned = items.GetAsyncEnumerator(cancellationToken);
        (await abandoned.MoveNextAsync()).ShouldBeTrue();
    }

    private static async Task ShouldHaveEndedAsync(TunnelPair pair)
    {
        TunnelPeer server = pair.Services.GetRequiredService<TunnelServer>().FindSession(pair.Client.SessionId!)!.Peer;
        TunnelPeer client = pair.Client.CurrentPeer!;
        long start = Stopwatch.GetTimestamp();
        while (Count() != default && Stopwatch.GetElapsedTime(start) < HangTimeout)
        {
            await Task.Delay(5);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Count().ShouldBe(default);

        (int, int, int, int, int) Count() => (
            server.Multiplexer.OutgoingCallCount,
            client.Multiplexer.OutgoingCallCount,
            server.Multiplexer.IncomingCalls.Count,
            client.Multiplexer.IncomingCalls.Count,
            server.Multiplexer.WaitingCallCount + client.Multiplexer.WaitingCallCount);
    }

    private static async IAsyncEnumerable<string> EndlessWordsAsync()
    {
        while (true)
        {
            await Task.Yield();
            yield return "word";
        }
    }

    private static async IAsyncEnumerable<string> TwoWordsAsync(Task gate)
    {
        yield return "a";
        await gate;
        yield return "b";
    }

    private static async IAsyncEnumerable<string> NeverAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
