using Shouldly;
using TunnelRpc.Transports.Upgrade;
using Xunit;

namespace TunnelRpc.Calls.Tests.Crowded;

/// <summary>Calls that call back, near and above the limit of concurrent calls: they complete, and so do plain calls beside them.</summary>
public sealed class NestedCallTests
{
    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    public static TheoryData<bool, int, int, int> Cases()
    {
        var cases = new TheoryData<bool, int, int, int>();
        foreach (bool serverCallsClient in new[] { false, true })
        {
            foreach (int limit in new[] { 1, 2, 16 })
            {
                foreach (int depth in new[] { 1, 2, 3, 8, 16 })
                {
                    foreach (int count in new[] { 1, limit - 1, limit, limit + 1, 40 * limit }.Where(count => count > 0).Distinct())
                    {
                        cases.Add(serverCallsClient, limit, depth, count);
                    }
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Nested_calls_at_the_limit_complete(bool serverCallsClient, int limit, int depth, int count)
    {
        await using TunnelPair pair = await TunnelPair.StartInMemoryAsync(o => SetLimit(o, limit));
        (ITestService stub, _) = pair.Direction(serverCallsClient);

        int[] depths = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => stub.NestAsync(depth))).WaitAsync(HangTimeout);

        depths.ShouldAllBe(reached => reached == depth);
        (await stub.AddAsync(1, 2).AsTask().WaitAsync(HangTimeout)).ShouldBe(3);
    }

    [Theory]
    [InlineData(5_000, 2)]
    [InlineData(20_000, 2)]
    [InlineData(5_000, 5)]
    public async Task Thousands_of_nested_calls_with_default_limits_complete(int count, int depth)
    {
        await using TunnelPair pair = await TunnelPair.StartHttpAsync(new UpgradeTransport());
        (ITestService stub, _) = pair.Direction(serverCallsClient: false);

        int[] depths = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => stub.NestAsync(depth))).WaitAsync(HangTimeout);

        depths.ShouldAllBe(reached => reached == depth);
    }

    [Theory, InlineData(2), InlineData(16)]
    public async Task Nested_and_plain_calls_of_both_sides_complete(int limit)
    {
        await using TunnelPair pair = await TunnelPair.StartInMemoryAsync(o => SetLimit(o, limit));
        (ITestService toServer, _) = pair.Direction(serverCallsClient: false);
        (ITestService toClient, _) = pair.Direction(serverCallsClient: true);

        await Task.WhenAll(Enumerable.Range(0, 40 * limit).Select(async i =>
        {
            ITestService stub = i % 2 == 0 ? toServer : toClient;
            switch (i % 3)
            {
                case 0:
                    (await stub.NestAsync(i % 7)).ShouldBe(i % 7);
                    break;
                case 1:
                    (await stub.AddAsync(i, 1)).ShouldBe(i + 1);
                    break;
                default:
                    (await stub.SumBackAsync(10)).ShouldBe(45);
                    break;
            }
        })).WaitAsync(HangTimeout);
    }

    [Theory, InlineData(2), InlineData(16)]
    public async Task Call_that_calls_back_many_times_at_once_completes(int limit)
    {
        await using var app = await RelayApp.StartAsync(limit, pendingBytes: null);

        int[] sums = await Task.WhenAll(Enumerable.Range(0, limit + 3).Select(_ => app.Caller.FanOutAsync(10 * limit, 3, 0)))
            .WaitAsync(HangTimeout);

        sums.ShouldAllBe(sum => sum == 10 * limit * 3);
    }

    [Theory, InlineData(1), InlineData(20)]
    public async Task Nested_calls_with_large_arguments_complete_with_little_memory_for_them(int fanOut)
    {
        // The arguments of one call alone are above the limit.
        await using var app = await RelayApp.StartAsync(limit: 100, pendingBytes: 50_000);

        int[] sums = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => app.Caller.FanOutAsync(fanOut, 5, 60_000)))
            .WaitAsync(HangTimeout);

        sums.ShouldAllBe(sum => sum == fanOut * 5);
    }

    [Fact]
    public async Task Nested_calls_to_an_ordered_service_complete()
    {
        await using var app = await RelayApp.StartAsync(limit: 2, pendingBytes: 50_000);

        int[] sums = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => app.Caller.OrderedAsync(4, 30_000))).WaitAsync(HangTimeout);

        sums.ShouldAllBe(sum => sum == 4);
    }

    private static void SetLimit(TunnelOptions options, int limit) => options.Limits.MaxConcurrentCalls = limit;
}
