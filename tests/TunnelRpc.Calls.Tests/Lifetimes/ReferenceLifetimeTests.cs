using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>When a received reference can be used, and when it ends.</summary>
public sealed class ReferenceLifetimeTests
{
    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_of_5000_streams_can_be_read(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        int count = 0;

        await foreach (IAsyncEnumerable<int> numbers in pair.Stub(serverCallsClient).StreamsAsync(5000, 3))
        {
            (await numbers.ToListAsync()).ShouldBe([0, 1, 2]);
            count++;
        }

        count.ShouldBe(5000);
        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Argument_stream_of_5000_streams_can_be_read(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();

        (await pair.Stub(serverCallsClient).SumAsync(ReferenceShapes.Streams(5000, 3), ReceiverUse.Whole)
            .WaitAsync(ShapesPair.HangTimeout)).ShouldBe(15_000);
        pair.ReferenceCount.ShouldBe(0);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Duplex_streams_of_5000_streams_can_be_read(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        int count = 0;

        await foreach (IAsyncEnumerable<int> numbers in pair.Stub(serverCallsClient).EchoAsync(ReferenceShapes.Streams(5000, 3)))
        {
            (await numbers.ToListAsync()).ShouldBe([0, 1, 2]);
            count++;
        }

        count.ShouldBe(5000);
        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_of_5000_streams_can_itself_be_passed_by_reference(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        int count = 0;

        await foreach (IAsyncEnumerable<int> numbers in await pair.Stub(serverCallsClient).StreamsResultAsync(5000, 1))
        {
            count += (await numbers.ToListAsync()).Count;
        }

        count.ShouldBe(5000);
        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Streams_below_the_limit_can_be_collected_in_a_list_before_they_are_read(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        IReferenceShapes stub = pair.Stub(serverCallsClient);

        List<IAsyncEnumerable<int>> streams = await stub.StreamsAsync(3000, 2).ToListAsync().AsTask().WaitAsync(ShapesPair.HangTimeout);
        foreach (IAsyncEnumerable<int> numbers in streams)
        {
            (await numbers.ToListAsync()).Count.ShouldBe(2);
        }

        (await stub.SumListAsync(ReferenceShapes.Streams(3000, 2)).WaitAsync(ShapesPair.HangTimeout)).ShouldBe(3000);
        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Streams_above_the_limit_in_a_list_fail_with_the_limit_and_what_was_received_stays_valid(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync(limits => limits.MaxReferences = 100);
        List<IAsyncEnumerable<int>> held = [];

        TunnelException error = await Should.ThrowAsync<TunnelException>(async () =>
        {
            await foreach (IAsyncEnumerable<int> numbers in pair.Stub(serverCallsClient).StreamsAsync(200, 3))
            {
                held.Add(numbers);
            }
        }).WaitAsync(ShapesPair.HangTimeout);

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("limit MaxReferences");
        error.Message.ShouldContain("IAsyncDisposable");
        held.Count.ShouldBe(100);
        foreach (IAsyncEnumerable<int> numbers in held)
        {
            (await numbers.ToListAsync()).ShouldBe([0, 1, 2]);
        }

        (await (await pair.Stub(serverCallsClient).ResultAsync(1)).ToListAsync()).ShouldBe([0]);
        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Results_that_are_held_are_refused_at_the_limit_until_one_is_disposed(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync(limits => limits.MaxReferences = 50);
        IReferenceShapes stub = pair.Stub(serverCallsClient);
        List<IAsyncEnumerable<int>> held = [];
        for (int i = 0; i < 50; i++)
        {
            held.Add(await stub.ResultAsync(1));
        }

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.ResultAsync(1));
        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("The peer holds 50 references of this session (limit MaxReferences of this side).");
        await ((IAsyncDisposable)held[0]).DisposeAsync();

        (await (await stub.ResultAsync(1)).ToListAsync()).ShouldBe([0]);
        (await held[49].ToListAsync()).ShouldBe([0]);
        GC.KeepAlive(held);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_that_was_taken_outlives_its_outer_stream(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();

        IAsyncEnumerable<int> first = await pair.Stub(serverCallsClient).StreamsAsync(1000, 3).FirstAsync();

        (await first.ToListAsync()).ShouldBe([0, 1, 2]);
        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Streams_before_a_failure_of_their_outer_stream_can_be_read(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        int count = 0;

        TunnelException error = await Should.ThrowAsync<TunnelException>(async () =>
        {
            await foreach (IAsyncEnumerable<int> numbers in pair.Stub(serverCallsClient).FailingStreamsAsync(300))
            {
                (await numbers.ToListAsync()).ShouldBe([0, 1, 2]);
                count++;
            }
        });

        (error.Status, count).ShouldBe((TunnelStatus.Aborted, 300));
        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Outer_stream_that_is_left_early_leaves_no_reference(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        for (int i = 0; i < 200; i++)
        {
            await foreach (IAsyncEnumerable<int> numbers in pair.Stub(serverCallsClient).StreamsAsync(5000, 3))
            {
                await ((IAsyncDisposable)numbers).DisposeAsync();
                break;
            }
        }

        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_that_is_read_to_its_end_is_released_and_says_so(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        IAsyncEnumerable<int> numbers = await pair.Stub(serverCallsClient).ResultAsync(3);
        await using IAsyncEnumerator<int> first = numbers.GetAsyncEnumerator();
        (await first.MoveNextAsync()).ShouldBeTrue();

        // A second enumeration beside the first one has its own call.
        (await numbers.ToListAsync()).ShouldBe([0, 1, 2]);
        while (await first.MoveNextAsync())
        {
        }

        await WaitAsync(pair, 0);
        Should.Throw<InvalidOperationException>(() => numbers.GetAsyncEnumerator()).Message.ShouldContain("Collect its items in a list");
        await ((IAsyncDisposable)numbers).DisposeAsync();
        Should.Throw<ObjectDisposedException>(() => numbers.GetAsyncEnumerator());
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Streams_and_pipes_that_are_released_are_disposed_by_their_owner(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        IReferenceShapes stub = pair.Stub(serverCallsClient);

        foreach (ReceiverUse use in Enum.GetValues<ReceiverUse>())
        {
            await ReferenceUse.ApplyAsync(await stub.BytesAsync(100), use);
        }

        await pair.ShouldHaveNoReferencesAsync();

        // Four of each record: two streams and two pipes.
        while (pair.Implementation(serverCallsClient).DisposedCount < 4 * Enum.GetValues<ReceiverUse>().Length)
        {
            await Task.Delay(10);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Enumeration_that_runs_holds_the_stream(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        IAsyncEnumerator<int> enumerator = await StartAsync(pair.Stub(serverCallsClient));
        for (int i = 1; i < 50_000; i++)
        {
            if (i % 10_000 == 0)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Delay(20);
            }

            (await enumerator.MoveNextAsync()).ShouldBeTrue();
            enumerator.Current.ShouldBe(i);
        }

        await enumerator.DisposeAsync();
        await pair.ShouldHaveNoReferencesAsync();

        static async Task<IAsyncEnumerator<int>> StartAsync(IReferenceShapes stub)
        {
            IAsyncEnumerator<int> enumerator = (await stub.ResultAsync(50_000)).GetAsyncEnumerator();
            (await enumerator.MoveNextAsync()).ShouldBeTrue();
            return enumerator;
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Services_as_items_that_nobody_holds_are_released(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        int count = 0;

        await foreach (IListener listener in pair.Stub(serverCallsClient).ListenersAsync(6000))
        {
            count += listener is null ? 0 : 1;
        }

        count.ShouldBe(6000);
        await pair.ShouldHaveNoReferencesAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task One_way_call_runs_to_its_end_after_its_object_was_released(bool serverCallsClient)
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        SlowListener slow = pair.Implementation(serverCallsClient).Slow;
        IListener listener = await pair.Stub(serverCallsClient).SlowListenerAsync();

        await listener.NextAsync(1);
        listener.Release();
        await slow.Started.Task.WaitAsync(ShapesPair.HangTimeout);
        while (pair.ReferenceCount > 0)
        {
            await Task.Delay(5);
        }

        slow.Disposed.Task.IsCompleted.ShouldBeFalse();
        slow.Gate.SetResult();
        (await slow.Ended.Task.WaitAsync(ShapesPair.HangTimeout)).ShouldBeTrue("the call must not be cancelled");
        await slow.Disposed.Task.WaitAsync(ShapesPair.HangTimeout);
    }

    [Fact]
    public async Task Other_calls_pass_references_while_a_stream_of_streams_waits_for_its_reader()
    {
        await using ShapesPair pair = await ShapesPair.StartAsync();
        IReferenceShapes stub = pair.Stub(serverCallsClient: false);
        await using IAsyncEnumerator<IAsyncEnumerable<int>> waiting = stub.StreamsAsync(100_000, 3).GetAsyncEnumerator();
        (await waiting.MoveNextAsync()).ShouldBeTrue();

        for (int i = 0; i < 200; i++)
        {
            (await (await stub.ResultAsync(1)).ToListAsync()).ShouldBe([0]);
        }

        pair.ReferenceCount.ShouldBeLessThan(400);
    }

    private static async Task WaitAsync(ShapesPair pair, int references)
    {
        while (pair.ReferenceCount > references)
        {
            await Task.Delay(5);
        }
    }
}
