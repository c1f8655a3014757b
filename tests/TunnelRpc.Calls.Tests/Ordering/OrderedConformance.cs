using Shouldly;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>Calls with ordered dispatch, over every transport and in both directions.</summary>
public abstract class OrderedConformance(ITransport? transport) : IAsyncLifetime
{
    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private const int MaxCalls = 8;

    private readonly Script _script = new();
    private ScriptService _atServer = null!;
    private ScriptService _atClient = null!;
    private ConnectedPair _pair = null!;

    public async Task InitializeAsync()
    {
        _atServer = new ScriptService(_script);
        _atClient = new ScriptService(_script);
        _pair = await ConnectedPair.StartAsync(
            transport,
            services => services.AddService<IFirst>(_atServer).AddService<ISecond>(_atServer).AddService<IFree>(_atServer),
            server => server.Limits.MaxConcurrentCalls = MaxCalls,
            client =>
            {
                client.Limits.MaxConcurrentCalls = MaxCalls;
                client.Serve<IFirst>(_atClient);
                client.Serve<ISecond>(_atClient);
                client.Serve<IFree>(_atClient);
            });
    }

    public async Task DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);

    [Theory, InlineData(false), InlineData(true)]
    public async Task Calls_run_one_at_a_time_in_the_order_of_the_calls(bool serverCallsClient)
    {
        IFirst stub = _pair.Stub<IFirst>(serverCallsClient);
        var calls = new List<Task>();
        var expected = new List<string>();

        // Large messages are sent in fragments, and small messages can be sent between those fragments.
        for (int i = 0; i < 200; i++)
        {
            byte[] ballast = new byte[i % 7 == 0 ? 50_000 : i % 5];
            calls.Add(i % 2 == 0 ? stub.AppendAsync(i, ballast) : stub.AppendSoonAsync(i, ballast).AsTask());
            expected.Add($"{i}/{ballast.Length}");
        }

        await Task.WhenAll(calls).WaitAsync(HangTimeout);
        await stub.RunAsync([]).WaitAsync(HangTimeout);

        _script.Notes.ShouldBe(expected);
        (serverCallsClient ? _atClient : _atServer).Overlapped.ShouldBeFalse();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Call_waits_only_for_calls_of_the_same_service(bool serverCallsClient)
    {
        IFirst first = _pair.Stub<IFirst>(serverCallsClient);
        Task blocked = first.RunAsync(["wait:a", "note:blocked"]);
        Task waiting = first.RunAsync(["note:waiting"]);
        await _script.Gate("a").Reached.WaitAsync(HangTimeout);

        await _pair.Stub<ISecond>(serverCallsClient).RunAsync(["note:second"]).WaitAsync(HangTimeout);
        await _pair.Stub<IFirst>(!serverCallsClient).RunAsync(["note:opposite"]).WaitAsync(HangTimeout);
        await _pair.Stub<IFree>(serverCallsClient).RunAsync(["note:free"]).WaitAsync(HangTimeout);
        _script.Gate("a").Open();
        await Task.WhenAll(blocked, waiting).WaitAsync(HangTimeout);

        _script.Notes.ShouldBe(["second", "opposite", "free", "blocked", "waiting"]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Nested_calls_of_a_running_call_do_not_wait(bool serverCallsClient)
    {
        IFirst stub = _pair.Stub<IFirst>(serverCallsClient);

        await stub.RunAsync(
            ["note:1", "first", "note:2", "first", "note:3", "free", "second", "first", "second", "first", "free", "first", "note:4"])
                .WaitAsync(HangTimeout);
        await stub.RunAsync(["note:5"]).WaitAsync(HangTimeout);

        _script.Notes.ShouldBe(["1", "2", "3", "4", "5"]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Other_calls_wait_until_the_whole_call_chain_has_ended(bool serverCallsClient)
    {
        IFirst stub = _pair.Stub<IFirst>(serverCallsClient);
        Task chain = stub.RunAsync(["free", "first", "wait:inner", "note:chain"]);
        await _script.Gate("inner").Reached.WaitAsync(HangTimeout);
        Task other = stub.RunAsync(["note:other"]);

        // The reply to a later call shows that the other call has arrived.
        await _pair.Stub<IFree>(serverCallsClient).RunAsync(["note:free"]).WaitAsync(HangTimeout);
        _script.Gate("inner").Open();
        await Task.WhenAll(chain, other).WaitAsync(HangTimeout);

        _script.Notes.ShouldBe(["free", "chain", "other"]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Call_chains_that_would_deadlock_fail_immediately_and_name_the_cycle(bool serverCallsClient)
    {
        for (int i = 0; i < 20; i++)
        {
            Task one = _pair.Stub<IFirst>(serverCallsClient).RunAsync([$"wait:one{i}", "second"]);
            Task two = _pair.Stub<ISecond>(!serverCallsClient).RunAsync([$"wait:two{i}", "first"]);
            await Task.WhenAll(_script.Gate($"one{i}").Reached, _script.Gate($"two{i}").Reached).WaitAsync(HangTimeout);

            _script.Gate($"one{i}").Open();
            _script.Gate($"two{i}").Open();

            TunnelException?[] failures = [await FailureOfAsync(one), await FailureOfAsync(two)];
            TunnelException[] deadlocks = [.. failures.OfType<TunnelException>()];
            deadlocks.ShouldNotBeEmpty("the chains wait for each other, so at least one must fail");
            string first = typeof(IFirst).FullName!;
            string second = typeof(ISecond).FullName!;
            foreach (TunnelException failure in deadlocks)
            {
                failure.Status.ShouldBe(TunnelStatus.Aborted);
                new[] { $"{first} → {second} → {first}", $"{second} → {first} → {second}" }.ShouldContain(
                    cycle => failure.Message.Contains(cycle, StringComparison.Ordinal), failure.Message);
            }
        }

        // The failed chains no longer block other calls.
        await _pair.Stub<IFirst>(serverCallsClient).RunAsync(["second", "first"]).WaitAsync(HangTimeout);
        await _pair.Stub<ISecond>(!serverCallsClient).RunAsync(["first", "second"]).WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Waiting_call_can_be_cancelled_and_fails_at_its_deadline(bool serverCallsClient)
    {
        IFirst stub = _pair.Stub<IFirst>(serverCallsClient);
        using var cancellation = new CancellationTokenSource();
        Task blocked = stub.RunAsync(["wait:a", "note:blocked"]);
        await _script.Gate("a").Reached.WaitAsync(HangTimeout);
        Task cancelled = stub.RunAsync(["note:cancelled"], cancellation.Token);
        Task late = stub.With(timeout: TimeSpan.FromMilliseconds(50)).RunAsync(["note:late"]);
        Task last = stub.RunAsync(["note:last"]);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => cancelled.WaitAsync(HangTimeout));
        (await FailureOfAsync(late)).ShouldNotBeNull().Status.ShouldBe(TunnelStatus.DeadlineExceeded);

        // The reply to a later call shows that the cancellations have arrived.
        await _pair.Stub<IFree>(serverCallsClient).RunAsync([]).WaitAsync(HangTimeout);
        _script.Gate("a").Open();
        await Task.WhenAll(blocked, last).WaitAsync(HangTimeout);
        _script.Notes.ShouldBe(["blocked", "last"]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Waiting_calls_fail_with_the_session_and_do_not_run(bool serverCallsClient)
    {
        IFirst stub = _pair.Stub<IFirst>(serverCallsClient);
        Task blocked = stub.RunAsync(["wait:a", "note:blocked"]);
        await _script.Gate("a").Reached.WaitAsync(HangTimeout);
        Task waiting = stub.RunAsync(["note:waiting"]);

        await _pair.Client.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        (await FailureOfAsync(blocked)).ShouldNotBeNull();
        (await FailureOfAsync(waiting)).ShouldNotBeNull();
        _script.Notes.ShouldBeEmpty();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Next_call_waits_until_a_streaming_call_has_ended(bool serverCallsClient)
    {
        IFirst stub = _pair.Stub<IFirst>(serverCallsClient);
        Task next;
        await using (IAsyncEnumerator<int> numbers = stub.CountAsync().GetAsyncEnumerator())
        {
            (await numbers.MoveNextAsync().AsTask().WaitAsync(HangTimeout)).ShouldBeTrue();
            next = stub.RunAsync(["note:next"]);
            await _pair.Stub<IFree>(serverCallsClient).RunAsync(["note:free"]).WaitAsync(HangTimeout);
        }

        await next.WaitAsync(HangTimeout);

        _script.Notes.ShouldBe(["free", "next"]);
        (await stub.SumAsync(Numbers(10)).WaitAsync(HangTimeout)).ShouldBe(45);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Each_referenced_object_is_ordered_separately(bool serverCallsClient)
    {
        IFirst stub = _pair.Stub<IFirst>(serverCallsClient);
        IAccount one = await stub.OpenAsync().WaitAsync(HangTimeout);
        IAccount two = await stub.OpenAsync().WaitAsync(HangTimeout);
        Task blocked = one.RunAsync(["wait:a", "note:blocked"]);
        Task waiting = one.RunAsync(["note:waiting"]);
        await _script.Gate("a").Reached.WaitAsync(HangTimeout);

        await two.RunAsync(["note:two"]).WaitAsync(HangTimeout);
        await stub.RunAsync(["note:service"]).WaitAsync(HangTimeout);
        _script.Gate("a").Open();
        await Task.WhenAll(blocked, waiting).WaitAsync(HangTimeout);

        _script.Notes.ShouldBe(["two", "service", "blocked", "waiting"]);
        one.Release();
        two.Release();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Call_chain_completes_while_waiting_calls_hold_all_permits(bool serverCallsClient)
    {
        IFirst stub = _pair.Stub<IFirst>(serverCallsClient);
        Task chain = stub.RunAsync(["wait:a", "first", "first", "first", "first", "note:chain"]);
        await _script.Gate("a").Reached.WaitAsync(HangTimeout);
        Task[] waiting = [.. Enumerable.Range(0, MaxCalls * 3).Select(i => stub.RunAsync([$"note:{i}"]))];
        Task[] waitingOpposite =
            [.. Enumerable.Range(0, MaxCalls * 3).Select(i => _pair.Stub<IFirst>(!serverCallsClient).RunAsync(["wait:b"]))];
        await _script.Gate("b").Reached.WaitAsync(HangTimeout);

        _script.Gate("a").Open();
        _script.Gate("b").Open();
        await chain.WaitAsync(HangTimeout);
        await Task.WhenAll([.. waiting, .. waitingOpposite]).WaitAsync(HangTimeout);

        _script.Notes.ShouldBe(["chain", .. Enumerable.Range(0, MaxCalls * 3).Select(i => $"{i}")]);
    }

    private static async Task<TunnelException?> FailureOfAsync(Task call)
    {
        try
        {
            await call.WaitAsync(HangTimeout);
            return null;
        }
        catch (TunnelException failure)
        {
            return failure;
        }
    }

    private static async IAsyncEnumerable<int> Numbers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }
}
