using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests;

/// <summary>Headers, trailers, deadlines, context and typed faults, over every transport and in both directions.</summary>
public abstract class ContextConformance : IAsyncLifetime
{
    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private TunnelPair _pair = null!;

    public async Task InitializeAsync() => _pair = await StartAsync();

    public async Task DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);

    private protected abstract Task<TunnelPair> StartAsync();

    [Theory, InlineData(false), InlineData(true)]
    public async Task Headers_reach_the_callee_and_trailers_reach_the_caller(bool serverCallsClient)
    {
        IContextService stub = _pair.ContextStub(serverCallsClient);
        var trailers = new TunnelHeaders { ["stale"] = "from an earlier call" };

        Dictionary<string, string> seen = await stub
            .With(headers: new TunnelHeaders { ["tenant"] = "acme", ["Ünïcödé ☃"] = "" }, trailers: trailers)
            .HeadersAsync().WaitAsync(HangTimeout);

        seen.ShouldBe(new Dictionary<string, string> { ["tenant"] = "acme", ["Ünïcödé ☃"] = "" }, ignoreOrder: true);
        trailers.ShouldBe([new KeyValuePair<string, string>("count", "2")]);
        (await stub.HeadersAsync().WaitAsync(HangTimeout)).ShouldBeEmpty("With must not change the stub that it is called on");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Large_headers_are_sent_in_fragments(bool serverCallsClient)
    {
        string large = new('h', 200_000);

        Dictionary<string, string> seen = await _pair.ContextStub(serverCallsClient)
            .With(headers: new TunnelHeaders { ["large"] = large }, priority: TunnelPriority.Low).HeadersAsync().WaitAsync(HangTimeout);

        seen["large"].ShouldBe(large);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Context_names_method_session_transport_and_priority(bool serverCallsClient)
    {
        string[] seen = await _pair.ContextStub(serverCallsClient)
            .With(priority: TunnelPriority.High).DescribeAsync().WaitAsync(HangTimeout);

        // The server does not see the proxy: a connection through CONNECT arrives as an upgrade.
        string transport = _pair.Client.Transport is "connect" && !serverCallsClient ? "upgrade" : _pair.Client.Transport!;
        seen.ShouldBe([nameof(IContextService.DescribeAsync), _pair.Client.SessionId!, transport, "High"]);
        TunnelCallContext.Current.ShouldBeNull("the test does not run inside a call");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Failed_call_returns_its_trailers(bool serverCallsClient)
    {
        var trailers = new TunnelHeaders();

        TunnelException error = await Should.ThrowAsync<TunnelException>(() =>
            _pair.ContextStub(serverCallsClient).With(trailers: trailers).FailWithTrailersAsync().WaitAsync(HangTimeout));

        (error.Status, error.Message).ShouldBe((TunnelStatus.NotFound, "nothing there"));
        trailers.ShouldBe([new KeyValuePair<string, string>("why", "because")]);
    }

    [Theory]
    [InlineData(false, false), InlineData(true, false)]
    [InlineData(false, true), InlineData(true, true)]
    public async Task Trailers_with_a_lone_surrogate_fail_only_their_call(bool serverCallsClient, bool fails)
    {
        IContextService stub = _pair.ContextStub(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.SetBrokenTrailersAsync(fails).WaitAsync(HangTimeout));

        error.Status.ShouldBe(fails ? TunnelStatus.NotFound : TunnelStatus.Internal);
        (await stub.RemainingAsync().WaitAsync(HangTimeout)).ShouldBeNull("the session must still work");
    }

    [Theory]
    [InlineData(false, false), InlineData(true, false)]
    [InlineData(false, true), InlineData(true, true)]
    public async Task Stream_returns_its_trailers_when_it_ends(bool serverCallsClient, bool fails)
    {
        var trailers = new TunnelHeaders();
        List<int> items = [];
        Exception? error = null;

        try
        {
            await foreach (int item in _pair.ContextStub(serverCallsClient).With(trailers: trailers).CountWithTrailersAsync(100, fails))
            {
                items.Add(item);
            }
        }
        catch (TunnelException failure)
        {
            error = failure;
        }

        items.ShouldBe(Enumerable.Range(0, 100));
        trailers["sum"].ShouldBe("4950");
        (error is TunnelException { Status: TunnelStatus.DataLoss, Message: "torn" }).ShouldBe(fails);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Deadline_is_sent_as_the_remaining_time(bool serverCallsClient)
    {
        IContextService stub = _pair.ContextStub(serverCallsClient);

        (await stub.RemainingAsync().WaitAsync(HangTimeout)).ShouldBeNull();
        (await stub.With(timeout: TimeSpan.FromSeconds(100))
            .RemainingAsync().WaitAsync(HangTimeout))!.Value.ShouldBeInRange(60_000, 100_001);
        (await stub.RemainingWithDeclaredTimeoutAsync().WaitAsync(HangTimeout))!.Value.ShouldBeInRange(1, 20_001);
        (await stub.With(timeout: TimeSpan.FromSeconds(300)).RemainingWithDeclaredTimeoutAsync().WaitAsync(HangTimeout))!.Value
            .ShouldBeInRange(200_000, 300_001, "the timeout of the caller overrides the timeout that the method declares");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Nested_call_inherits_the_deadline(bool serverCallsClient)
    {
        IContextService stub = _pair.ContextStub(serverCallsClient);

        (await stub.RemainingInCallbackAsync().WaitAsync(HangTimeout)).ShouldBeNull();
        (await stub.With(timeout: TimeSpan.FromSeconds(100)).RemainingInCallbackAsync().WaitAsync(HangTimeout))!.Value
            .ShouldBeInRange(60_000, 100_001);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Call_fails_at_its_deadline_and_its_implementation_is_cancelled(bool serverCallsClient)
    {
        IContextService stub = _pair.ContextStub(serverCallsClient);

        TunnelException own = await Should.ThrowAsync<TunnelException>(() =>
            stub.With(timeout: TimeSpan.FromMilliseconds(50)).BlockAsync("own").WaitAsync(HangTimeout));
        TunnelException declared = await Should.ThrowAsync<TunnelException>(() =>
            stub.BlockWithTimeoutAsync("declared").WaitAsync(HangTimeout));

        (own.Status, declared.Status).ShouldBe((TunnelStatus.DeadlineExceeded, TunnelStatus.DeadlineExceeded));
        await _pair.Context.Cancelled("own").WaitAsync(HangTimeout);
        await _pair.Context.Cancelled("declared").WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Implementation_that_ignores_cancellation_does_not_block_its_caller(bool serverCallsClient)
    {
        IContextService stub = _pair.ContextStub(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() =>
            stub.With(timeout: TimeSpan.FromMilliseconds(50)).IgnoreCancellationAsync("stubborn").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.DeadlineExceeded);
        (await stub.RemainingAsync().WaitAsync(HangTimeout)).ShouldBeNull("the session must still work");
        _pair.Context.Release("stubborn");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_fails_at_its_deadline_and_its_producer_is_cancelled(bool serverCallsClient)
    {
        List<int> items = [];

        TunnelException error = await Should.ThrowAsync<TunnelException>(async () =>
        {
            await foreach (int item in _pair.ContextStub(serverCallsClient)
                .With(timeout: TimeSpan.FromMilliseconds(200)).BlockAfterAsync(3, "stream"))
            {
                items.Add(item);
            }
        });

        error.Status.ShouldBe(TunnelStatus.DeadlineExceeded);
        await _pair.Context.Cancelled("stream").WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Client_streaming_call_fails_at_its_deadline(bool serverCallsClient)
    {
        TunnelException error = await Should.ThrowAsync<TunnelException>(() =>
            _pair.ContextStub(serverCallsClient)
                .With(timeout: TimeSpan.FromMilliseconds(50)).CollectAsync(Endless()).WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.DeadlineExceeded);

        static async IAsyncEnumerable<int> Endless(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return 1;
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Cancellation_before_the_deadline_is_reported_as_cancellation(bool serverCallsClient)
    {
        using var cancellation = new CancellationTokenSource();
        Task call = _pair.ContextStub(serverCallsClient).With(timeout: TimeSpan.FromMinutes(5)).BlockAsync("mine", cancellation.Token);

        await cancellation.CancelAsync();

        OperationCanceledException error = await Should.ThrowAsync<OperationCanceledException>(call.WaitAsync(HangTimeout));
        error.CancellationToken.ShouldBe(cancellation.Token);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Declared_fault_arrives_with_its_type(bool serverCallsClient)
    {
        TunnelFaultException<OutOfStock> fault = await Should.ThrowAsync<TunnelFaultException<OutOfStock>>(() =>
            _pair.ContextStub(serverCallsClient).ReserveAsync("bolt").WaitAsync(HangTimeout));

        (fault.Status, fault.Message, fault.Fault.Item, fault.Fault.Remaining).ShouldBe((TunnelStatus.NotFound, "no more", "bolt", 3));
        fault.Fault.Alternatives.ShouldBe(["a", "b"]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_can_end_with_a_declared_fault(bool serverCallsClient)
    {
        List<int> items = [];

        TunnelFaultException<OutOfStock> fault = await Should.ThrowAsync<TunnelFaultException<OutOfStock>>(async () =>
        {
            await foreach (int item in _pair.ContextStub(serverCallsClient).ReserveManyAsync("nut"))
            {
                items.Add(item);
            }
        });

        items.ShouldBe([1]);
        (fault.Status, fault.Fault.Item).ShouldBe((TunnelStatus.FailedPrecondition, "nut"));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Undeclared_fault_arrives_as_status_and_message(bool serverCallsClient)
    {
        TunnelException error =
            await Should.ThrowAsync<TunnelException>(() => _pair.ContextStub(serverCallsClient).UndeclaredAsync().WaitAsync(HangTimeout));

        error.ShouldBeOfType<TunnelException>();
        (error.Status, error.Message, error.Detail).ShouldBe((TunnelStatus.Aborted, "not in the contract", null));
    }

    [Fact]
    public void With_refuses_options_out_of_range_and_objects_that_are_no_stubs()
    {
        IContextService stub = _pair.ContextStub(serverCallsClient: false);

        Should.Throw<ArgumentOutOfRangeException>(() => stub.With(timeout: TimeSpan.Zero));
        Should.Throw<ArgumentOutOfRangeException>(() => stub.With(timeout: TimeSpan.FromDays(31)));
        Should.Throw<ArgumentOutOfRangeException>(() => stub.With(priority: (TunnelPriority)9));
        Should.Throw<ArgumentException>(() => ((IContextService)_pair.Context).With(priority: TunnelPriority.High))
            .Message.ShouldContain("Only stubs have call options");
    }
}
