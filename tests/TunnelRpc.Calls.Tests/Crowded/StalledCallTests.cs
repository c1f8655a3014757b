using System.Diagnostics;
using Shouldly;
using TunnelRpc.Calls.Tests.Lifetimes;
using Xunit;

namespace TunnelRpc.Calls.Tests.Crowded;

/// <summary>
/// Both sides are at the limit of concurrent calls, and each call that they serve waits until it may send another one, which is not known
/// to be nested: one-way calls, and calls of methods without a call context. All of them complete.
/// </summary>
public sealed class StalledCallTests
{
    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(180);

    [Theory]
    [InlineData(1, 1), InlineData(1, 4), InlineData(2, 3), InlineData(16, 2)]
    public async Task One_way_calls_from_one_way_calls_at_both_limits_complete(int limit, int depth)
    {
        await using HopApp app = await HopApp.StartAsync(limit);

        await SendAsync(app, 10 * limit, stub => stub.HopAsync(depth, [1]));

        (app.AtServer.Sum + app.AtClient.Sum).ShouldBe(20 * limit);
    }

    [Theory, InlineData(1), InlineData(4)]
    public async Task One_way_calls_that_pass_references_at_both_limits_complete(int limit)
    {
        await using HopApp app = await HopApp.StartAsync(limit);

        await SendAsync(app, 5 * limit, stub => stub.HopWithNumbersAsync(2, new NumberBatch(3, new[] { 1, 2, 3 }.ToAsyncEnumerable())));

        (app.AtServer.Sum + app.AtClient.Sum).ShouldBe(10 * limit * 6);
    }

    [Fact]
    public async Task Large_one_way_calls_from_one_way_calls_at_both_limits_of_bytes_complete()
    {
        await using HopApp app = await HopApp.StartAsync(limit: 100, pendingBytes: 50_000);

        await SendAsync(app, 20, stub => stub.HopAsync(2, new byte[20_000]));

        (app.AtServer.Sum + app.AtClient.Sum).ShouldBe(40 * 20_000);
    }

    [Theory, InlineData(1), InlineData(4)]
    public async Task One_way_calls_from_calls_with_a_reply_at_both_limits_complete(int limit)
    {
        await using HopApp app = await HopApp.StartAsync(limit);

        await SendAsync(app, 10 * limit, async stub => (await stub.StartHopAsync(3, [1])).ShouldBe(3));

        (app.AtServer.Sum + app.AtClient.Sum).ShouldBe(20 * limit);
    }

    [Theory, InlineData(1, 2), InlineData(2, 3), InlineData(8, 2)]
    public async Task Calls_from_methods_without_a_call_context_at_both_limits_complete(int limit, int depth)
    {
        await using HopApp app = await HopApp.StartAsync(limit);

        int[][] depths = await Task.WhenAll(new[] { false, true }.Select(direction =>
            Task.WhenAll(Enumerable.Range(0, 4 * limit).Select(_ => app.Stub<IBlind>(direction).DescendAsync(depth, [])))))
            .WaitAsync(HangTimeout);

        depths.SelectMany(reached => reached).ShouldAllBe(reached => reached == depth);
    }

    /// <summary>Sends the calls from both sides at once, and waits until all have reached their depth.</summary>
    private static async Task SendAsync(HopApp app, int count, Func<IHop, Task> send)
    {
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(new[] { false, true }.SelectMany(direction =>
            Enumerable.Range(0, count).Select(_ => Task.Run(() => send(app.Stub<IHop>(direction)))))).WaitAsync(HangTimeout);
        while (app.Ended < 2 * count)
        {
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(HangTimeout, $"{app.Ended} of {2 * count} calls have ended");
            await Task.Delay(10);
        }
    }
}
