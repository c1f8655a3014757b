using System.Text.Json;
using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests;

/// <summary>Calls of every shape over every transport, in both directions. A derived class selects the transport.</summary>
public abstract class CallsConformance : IAsyncLifetime
{
    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    protected static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private TunnelPair _pair = null!;

    public async Task InitializeAsync() => _pair = await StartAsync();

    public async Task DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);

    private protected abstract Task<TunnelPair> StartAsync();

    [Theory, InlineData(false), InlineData(true)]
    public async Task Unary_call_returns_the_object_that_was_sent(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        var payload = new Payload(7, "sñowman ☃ 𝄞", Math.PI, ["a", "", "c"], new Payload(8, "", -0.0, []));

        Payload echo = await stub.EchoAsync(payload).WaitAsync(HangTimeout);

        JsonSerializer.Serialize(echo).ShouldBe(JsonSerializer.Serialize(payload));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Default_values_of_parameters_are_sent(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        (await stub.AddAsync(1)).ShouldBe(11);
        (await stub.AddAsync(1, -1)).ShouldBe(0);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Calls_without_a_result_complete_after_they_ran(bool serverCallsClient)
    {
        (ITestService stub, TestService callee) = _pair.Direction(serverCallsClient);

        await stub.TouchAsync("task").WaitAsync(HangTimeout);
        await stub.TouchValueAsync("value task").AsTask().WaitAsync(HangTimeout);

        callee.Touched.Reader.TryRead(out string? first).ShouldBeTrue();
        callee.Touched.Reader.TryRead(out string? second).ShouldBeTrue();
        (first, second).ShouldBe(("task", "value task"));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task One_way_call_arrives_and_a_failed_one_affects_no_other_call(bool serverCallsClient)
    {
        (ITestService stub, TestService callee) = _pair.Direction(serverCallsClient);

        await stub.NotifyAsync("fail");
        await stub.NotifyAsync("hello");

        (await callee.Touched.Reader.ReadAsync().AsTask().WaitAsync(HangTimeout)).ShouldBe("hello");
        (await stub.AddAsync(1)).ShouldBe(11);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Large_message_is_sent_in_fragments(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        byte[] bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);

        byte[] reversed = await stub.ReverseAsync(bytes).WaitAsync(HangTimeout);

        Array.Reverse(reversed);
        reversed.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Concurrent_large_calls_all_complete(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        byte[][] all =
            await Task.WhenAll(Enumerable.Range(0, 16).Select(i => stub.ReverseAsync([.. Enumerable.Repeat((byte)i, 200_000 + i)])))
                .WaitAsync(HangTimeout);

        for (int i = 0; i < all.Length; i++)
        {
            all[i].Length.ShouldBe(200_000 + i);
            all[i].ShouldAllBe(b => b == i);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Message_over_the_limit_fails_only_its_call_and_the_error_names_the_limit(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.ReverseAsync(new byte[5 << 20]).WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("MaxMessageSize");
        (await stub.AddAsync(1)).ShouldBe(11);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Concurrent_calls_each_get_their_own_result(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        int[] sums = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => stub.AddAsync(i, i).AsTask())).WaitAsync(HangTimeout);

        sums.ShouldBe(Enumerable.Range(0, 2000).Select(i => 2 * i));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Failure_carries_status_and_message_with_special_characters(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.FailAsync("status").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.FailedPrecondition);
        error.Message.ShouldBe("not today: ünïcödé \0 \u2603 \"quoted\"\n");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Failure_carries_its_typed_detail(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.FailAsync("detail").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.NotFound);
        error.Detail.ShouldNotBeNull().Type.ShouldBe("test.stock");
        error.Detail!.Read(Serialization.Formatters.Int32Formatter.Instance).ShouldBe(7);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Failure_message_with_a_lone_surrogate_keeps_its_status(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.FailAsync("surrogate").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Aborted);
        error.Message.ShouldBe("lone \uFFFD surrogate");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Unhandled_exception_is_reported_as_Internal_without_its_text(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.FailAsync("other").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Internal);
        error.Message.ShouldNotContain("secret");
        error.Message.ShouldContain("FailAsync");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Result_that_cannot_be_encoded_fails_only_its_call(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.FailAsync("null").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Internal);
        (await stub.AddAsync(1)).ShouldBe(11);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Cancelled_call_cancels_its_implementation(bool serverCallsClient)
    {
        (ITestService stub, TestService callee) = _pair.Direction(serverCallsClient);
        using var cancellation = new CancellationTokenSource();
        Task<string> call = stub.BlockAsync("blocked", cancellation.Token);
        await callee.Started("blocked").WaitAsync(HangTimeout);

        await cancellation.CancelAsync();

        OperationCanceledException error = await Should.ThrowAsync<OperationCanceledException>(() => call.WaitAsync(HangTimeout));
        error.CancellationToken.ShouldBe(cancellation.Token);
        await callee.Cancelled("blocked").WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Call_that_is_cancelled_before_it_starts_is_not_sent(bool serverCallsClient)
    {
        (ITestService stub, TestService callee) = _pair.Direction(serverCallsClient);

        await Should.ThrowAsync<OperationCanceledException>(() => stub.TouchAsync("early", new CancellationToken(canceled: true))
            .WaitAsync(HangTimeout));

        await stub.TouchAsync("late").WaitAsync(HangTimeout);
        (await callee.Touched.Reader.ReadAsync()).ShouldBe("late");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Server_stream_arrives_complete_and_in_order(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        List<int> numbers = await ToListAsync(stub.CountAsync(50_000)).WaitAsync(HangTimeout);

        numbers.ShouldBe(Enumerable.Range(0, 50_000));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Empty_stream_has_no_items(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        (await ToListAsync(stub.CountAsync(0)).WaitAsync(HangTimeout)).ShouldBeEmpty();
        (await stub.SumAsync(Numbers(0)).WaitAsync(HangTimeout)).ShouldBe(0);
        (await ToListAsync(stub.ShoutAsync(Words(0), "!")).WaitAsync(HangTimeout)).ShouldBeEmpty();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Items_larger_than_the_window_arrive(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        List<byte[]> blocks = await ToListAsync(stub.BlocksAsync(5, 700_000)).WaitAsync(HangTimeout);

        blocks.Select(b => (b.Length, b[0], b[^1])).ShouldBe(Enumerable.Range(0, 5).Select(i => (700_000, (byte)i, (byte)i)));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Failing_stream_delivers_its_items_before_the_failure(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        var items = new List<string>();

        TunnelException error = await Should.ThrowAsync<TunnelException>(async () =>
        {
            await foreach (string item in stub.FailAfterAsync(3))
            {
                items.Add(item);
            }
        }).WaitAsync(HangTimeout);

        error.Status.ShouldBe(TunnelStatus.DataLoss);
        items.ShouldBe(["item 0", "item 1", "item 2"]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Disposed_enumeration_cancels_the_producer(bool serverCallsClient)
    {
        (ITestService stub, TestService callee) = _pair.Direction(serverCallsClient);

        await foreach (long item in stub.EndlessAsync("disposed"))
        {
            if (item == 10)
            {
                break;
            }
        }

        await callee.Cancelled("disposed").WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Cancelled_enumeration_cancels_the_producer(bool serverCallsClient)
    {
        (ITestService stub, TestService callee) = _pair.Direction(serverCallsClient);
        using var cancellation = new CancellationTokenSource();

        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (long item in stub.EndlessAsync("cancelled").WithCancellation(cancellation.Token))
            {
                if (item == 10)
                {
                    await cancellation.CancelAsync();
                }
            }
        }).WaitAsync(HangTimeout);

        await callee.Cancelled("cancelled").WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Producer_without_credit_slows_no_other_stream_and_can_be_cancelled(bool serverCallsClient)
    {
        (ITestService stub, TestService callee) = _pair.Direction(serverCallsClient);
        IAsyncEnumerator<long> slow = stub.EndlessAsync("slow").GetAsyncEnumerator();
        (await slow.MoveNextAsync().AsTask().WaitAsync(HangTimeout)).ShouldBeTrue();

        // The receive window of the slow stream fills. Another stream of the session still runs at full speed.
        (await ToListAsync(stub.CountAsync(20_000)).WaitAsync(HangTimeout)).Count.ShouldBe(20_000);
        callee.Cancelled("slow").IsCompleted.ShouldBeFalse();

        await slow.DisposeAsync().AsTask().WaitAsync(HangTimeout);
        await callee.Cancelled("slow").WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Each_enumeration_makes_a_separate_call(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        IAsyncEnumerable<int> stream = stub.CountAsync(3);

        (await ToListAsync(stream).WaitAsync(HangTimeout)).ShouldBe([0, 1, 2]);
        (await ToListAsync(stream).WaitAsync(HangTimeout)).ShouldBe([0, 1, 2]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Client_stream_arrives_complete(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        (await stub.SumAsync(Numbers(50_000)).WaitAsync(HangTimeout)).ShouldBe(50_000L * 49_999 / 2);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Client_stream_is_stopped_when_its_receiver_returns_early(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        var stopped = new TaskCompletionSource();

        (await stub.TakeFirstAsync(Forever(stopped)).WaitAsync(HangTimeout)).ShouldBe(0);

        await stopped.Task.WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Client_stream_that_throws_fails_its_call_with_the_same_exception(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        FormatException error = await Should.ThrowAsync<FormatException>(() => stub.SumAsync(Throwing()).WaitAsync(HangTimeout));

        error.Message.ShouldBe("mine");
        (await stub.AddAsync(1)).ShouldBe(11);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Duplex_stream_returns_each_item_before_the_next_is_sent(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        var words = System.Threading.Channels.Channel.CreateUnbounded<string>();
        await using IAsyncEnumerator<string> shouted = stub.ShoutAsync(words.Reader.ReadAllAsync(), "!").GetAsyncEnumerator();

        for (int i = 0; i < 20; i++)
        {
            await words.Writer.WriteAsync($"word {i}");
            (await shouted.MoveNextAsync().AsTask().WaitAsync(HangTimeout)).ShouldBeTrue();
            shouted.Current.ShouldBe($"WORD {i}!");
        }

        words.Writer.Complete();
        (await shouted.MoveNextAsync().AsTask().WaitAsync(HangTimeout)).ShouldBeFalse();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Duplex_stream_carries_many_items_in_both_directions(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        List<string> shouted = await ToListAsync(stub.ShoutAsync(Words(20_000), "?")).WaitAsync(HangTimeout);

        shouted.ShouldBe(Enumerable.Range(0, 20_000).Select(i => $"W{i}?"));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Nested_callbacks_do_not_deadlock(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        (await stub.NestAsync(20).WaitAsync(HangTimeout)).ShouldBe(20);
        int[] all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => stub.NestAsync(10))).WaitAsync(HangTimeout);
        all.ShouldAllBe(depth => depth == 10);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Callback_can_return_a_stream(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        (await stub.SumBackAsync(10_000).WaitAsync(HangTimeout)).ShouldBe(10_000L * 9_999 / 2);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Concurrent_calls_of_every_shape_complete(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            (await ToListAsync(stub.CountAsync(5_000))).Count.ShouldBe(5_000);
            (await stub.SumAsync(Numbers(5_000))).ShouldBe(5_000L * 4_999 / 2);
            (await ToListAsync(stub.ShoutAsync(Words(500), "."))).Count.ShouldBe(500);
            (await stub.ReverseAsync(new byte[100_000])).Length.ShouldBe(100_000);
            (await stub.NestAsync(5)).ShouldBe(5);
        })).WaitAsync(HangTimeout);
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (T item in items)
        {
            list.Add(item);
        }

        return list;
    }

    private static async IAsyncEnumerable<int> Numbers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 1000 == 0)
            {
                await Task.Yield();
            }

            yield return i;
        }
    }

    private static async IAsyncEnumerable<string> Words(int count)
    {
        await foreach (int i in Numbers(count))
        {
            yield return $"w{i}";
        }
    }

    private static async IAsyncEnumerable<int> Forever(TaskCompletionSource stopped)
    {
        try
        {
            for (int i = 0; ; i++)
            {
                await Task.Yield();
                yield return i;
            }
        }
        finally
        {
            stopped.TrySetResult();
        }
    }

    private static async IAsyncEnumerable<int> Throwing()
    {
        yield return 1;
        await Task.Yield();
        throw new FormatException("mine");
    }
}
