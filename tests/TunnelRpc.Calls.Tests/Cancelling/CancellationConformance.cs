using Shouldly;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>
/// Cancellation at every stage of a call, over every transport and in both directions. Each test verifies that no call or stream remains.
/// </summary>
public abstract class CancellationConformance(ITransport? transport) : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan HangTimeout = CancelPair.HangTimeout;

    private readonly CancellationTokenSource _cancellation = new();
    private CancelPair _pair = null!;

    public static TheoryData<string, bool> Shapes => CallShapes.InBothDirections;

    public async Task InitializeAsync() => _pair = await CancelPair.StartAsync(transport);

    public async Task DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);

    public void Dispose()
    {
        _cancellation.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Call_cancelled_before_it_is_sent_never_runs(string shape, bool serverCallsClient)
    {
        await _cancellation.CancelAsync();

        Task call = CallShapes.StartAsync(shape, _pair.Stub(serverCallsClient), "a", _cancellation.Token);

        await ShouldBeCancelledAsync(call);
        call.IsCanceled.ShouldBeTrue();
        await _pair.ShouldBeIdleAsync();
        ObservedCall(serverCallsClient, shape).Calls.ShouldBe(0);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Call_cancelled_while_it_waits_for_a_permit_never_runs(string shape, bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        using var others = new CancellationTokenSource();
        Task[] blocking = [.. Enumerable.Range(0, CancelPair.MaxCalls).Select(i => stub.BlockAsync($"other {i}", others.Token))];
        await Task.WhenAll(Enumerable.Range(0, CancelPair.MaxCalls).Select(i => _pair.Callee(serverCallsClient)[$"other {i}"].Started))
            .WaitAsync(HangTimeout);
        Task call = CallShapes.StartAsync(shape, stub, "a", _cancellation.Token);
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.WaitingCallCount == 1);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        _pair.Caller(serverCallsClient).Multiplexer.WaitingCallCount.ShouldBe(0);
        await others.CancelAsync();
        await Task.WhenAll(blocking.Select(other => Should.ThrowAsync<OperationCanceledException>(other.WaitAsync(HangTimeout))));
        await _pair.ShouldBeIdleAsync();
        ObservedCall(serverCallsClient, shape).Calls.ShouldBe(0);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Call_cancelled_while_it_waits_to_be_sent_never_runs(string shape, bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        using var other = new CancellationTokenSource();
        _pair.Path.Block(incoming: serverCallsClient);
        Task<int> large = stub.MeasureAsync(new byte[3 << 20], other.Token);
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessageCount == 1, _pair.DescribeRemaining);
        Task call = CallShapes.StartAsync(shape, stub, "a", _cancellation.Token);
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessageCount == 2, _pair.DescribeRemaining);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await other.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(large.WaitAsync(HangTimeout));
        _pair.Path.Release();
        await _pair.ShouldBeIdleAsync();
        ObservedCall(serverCallsClient, shape).Calls.ShouldBe(0);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Call_cancelled_while_it_runs_cancels_its_implementation(string shape, bool serverCallsClient)
    {
        Task call = CallShapes.StartAsync(shape, _pair.Stub(serverCallsClient), "a", _cancellation.Token);
        await ObservedCall(serverCallsClient, shape).Started.WaitAsync(HangTimeout);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await ObservedCall(serverCallsClient, shape).Cancelled.WaitAsync(HangTimeout);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Call_cancelled_while_its_session_ends_fails_and_leaves_no_running_call(string shape, bool serverCallsClient)
    {
        Task call = CallShapes.StartAsync(shape, _pair.Stub(serverCallsClient), "a", _cancellation.Token);
        await ObservedCall(serverCallsClient, shape).Started.WaitAsync(HangTimeout);

        await Task.WhenAll(Task.Run(_cancellation.Cancel), Task.Run(async () => await _pair.DisconnectAsync())).WaitAsync(HangTimeout);

        Exception error = await Should.ThrowAsync<Exception>(call.WaitAsync(HangTimeout));
        (error is OperationCanceledException
            || error is TunnelException { Status: TunnelStatus.Unavailable }).ShouldBeTrue(error.ToString());
        await ObservedCall(serverCallsClient, shape).Cancelled.WaitAsync(HangTimeout);
        await CancelPair.UntilAsync(
            () => !_pair.DescribeRemaining().Contains("running calls", StringComparison.Ordinal),
            _pair.DescribeRemaining);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Call_cancelled_while_its_reply_arrives_completes_or_is_cancelled(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        for (int i = 0; i < 100; i++)
        {
            string name = $"call {i}";
            using var cancellation = new CancellationTokenSource();
            Task call = (i % 4) switch
            {
                0 => stub.BlockAsync(name, cancellation.Token),
                1 => stub.ConsumeAsync(name, 2, new StreamSource().ItemsAsync(2, 10, cancellationToken: default), cancellation.Token),
                2 => stub.ReportAsync(name, new Progress<int>(), cancellation.Token),
                _ => stub.NestAsync(name, 2, cancellation.Token),
            };
            await _pair.Callee(serverCallsClient)[name].Started.WaitAsync(HangTimeout);

            await Task.WhenAll(Task.Run(_pair.Callee(serverCallsClient)[name].Release), Task.Run(cancellation.Cancel))
                .WaitAsync(HangTimeout);

            try
            {
                await call.WaitAsync(HangTimeout);
            }
            catch (OperationCanceledException)
            {
                // Both outcomes are valid.
            }

            // Up to MaxConcurrentCalls (2) abandoned calls that still run do not count against the limit. More of them would make the
            // peer refuse the next calls, so wait until none runs.
            await CancelPair.UntilAsync(
                () =>
                    _pair.Caller(false).Multiplexer.IncomingCalls.Count
                        + _pair.Caller(true).Multiplexer.IncomingCalls.Count == 0, _pair.DescribeRemaining);
        }

        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task One_way_call_cancelled_before_it_is_sent_never_runs(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        using var other = new CancellationTokenSource();
        await ShouldBeCancelledAsync(
            stub.NotifyAsync("early", new CancellationToken(canceled: true)).AsTask(), new CancellationToken(canceled: true));
        _pair.Path.Block(incoming: serverCallsClient);
        Task<int> large = stub.MeasureAsync(new byte[3 << 20], other.Token);
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessageCount == 1, _pair.DescribeRemaining);
        Task queued = stub.NotifyAsync("queued", _cancellation.Token).AsTask();
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessageCount == 2, _pair.DescribeRemaining);
        Task waiting = stub.NotifyAsync("waiting", _cancellation.Token).AsTask();
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.WaitingCallCount == 1, _pair.DescribeRemaining);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(queued);
        await ShouldBeCancelledAsync(waiting);
        _pair.Path.Release();
        (await large.WaitAsync(HangTimeout)).ShouldBe(3 << 20);
        await _pair.ShouldBeIdleAsync();
        foreach (string name in new[] { "early", "queued", "waiting" })
        {
            _pair.Callee(serverCallsClient)[name].Calls.ShouldBe(0);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Half_sent_call_that_is_cancelled_leaves_no_stream(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        _pair.Path.Block(incoming: serverCallsClient);
        Task[] calls =
        [
            stub.MeasureAsync(new byte[3 << 20], _cancellation.Token),
            stub.NotifyAsync(new string('n', 3 << 20), _cancellation.Token).AsTask(),
        ];
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessageCount == 2, _pair.DescribeRemaining);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(calls[0]);
        await ShouldBeCancelledAsync(calls[1]);
        _pair.Path.Release();
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Queued_reply_of_a_cancelled_call_is_dropped(bool serverCallsClient)
    {
        // The direction of the replies is blocked, and a large call in that direction fills the send buffer.
        ICancelService stub = _pair.Stub(serverCallsClient);
        Task<int> call = stub.BlockAsync("a", _cancellation.Token);
        await ObservedCall(serverCallsClient).Started.WaitAsync(HangTimeout);
        using var other = new CancellationTokenSource();
        _pair.Path.Block(incoming: !serverCallsClient);
        Task<int> large = _pair.Stub(!serverCallsClient).MeasureAsync(new byte[3 << 20], other.Token);
        TunnelRpc.Multiplexing.Multiplexer callee = _pair.Caller(!serverCallsClient).Multiplexer;
        await CancelPair.UntilAsync(() => callee.QueuedMessageCount == 1, _pair.DescribeRemaining);
        ObservedCall(serverCallsClient).Release();
        await CancelPair.UntilAsync(() => callee.QueuedMessageCount == 2, _pair.DescribeRemaining);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await CancelPair.UntilAsync(() => callee.OpenStreamCount == 1, _pair.DescribeRemaining);
        await other.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(large.WaitAsync(HangTimeout));
        _pair.Path.Release();
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Producer_that_waits_for_credit_is_cancelled(bool serverCallsClient)
    {
        // Each item is larger than the window, so that the second one waits for credit.
        IAsyncEnumerator<byte[]> items = _pair.Stub(serverCallsClient)
            .ProduceAsync("a", 100, 20_000).GetAsyncEnumerator(_cancellation.Token);
        (await items.MoveNextAsync().AsTask().WaitAsync(HangTimeout)).ShouldBeTrue();
        await ObservedCall(serverCallsClient).Started.WaitAsync(HangTimeout);
        await _pair.Stub(serverCallsClient).EchoAsync(1).WaitAsync(HangTimeout);

        await _cancellation.CancelAsync();

        await ObservedCall(serverCallsClient).Cancelled.WaitAsync(HangTimeout);
        await ShouldBeCancelledAsync(items.MoveNextAsync().AsTask());
        await items.DisposeAsync().AsTask().WaitAsync(HangTimeout);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Client_stream_that_waits_for_credit_is_cancelled_and_its_source_is_stopped(bool serverCallsClient)
    {
        var source = new StreamSource();
        Task<int> call = _pair.Stub(serverCallsClient)
            .ConsumeAsync("a", 0, source.ItemsAsync(100, 20_000, cancellationToken: default), _cancellation.Token);
        await source.Second.WaitAsync(HangTimeout);
        await ObservedCall(serverCallsClient).Started.WaitAsync(HangTimeout);
        await _pair.Stub(serverCallsClient).EchoAsync(1).WaitAsync(HangTimeout);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await source.Stopped.WaitAsync(HangTimeout);
        await ObservedCall(serverCallsClient).Cancelled.WaitAsync(HangTimeout);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_cancelled_between_two_items_cancels_its_producer(bool serverCallsClient)
    {
        await using IAsyncEnumerator<byte[]> items = _pair.Stub(serverCallsClient)
            .ProduceAsync("a", 3, 10, _cancellation.Token).GetAsyncEnumerator();
        (await items.MoveNextAsync().AsTask().WaitAsync(HangTimeout)).ShouldBeTrue();

        await _cancellation.CancelAsync();

        await ObservedCall(serverCallsClient).Cancelled.WaitAsync(HangTimeout);
        await ShouldBeCancelledAsync(items.MoveNextAsync().AsTask());
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Disposed_enumeration_cancels_its_producer_and_stops_the_source(bool serverCallsClient)
    {
        var source = new StreamSource();
        await foreach (byte[] item in _pair.Stub(serverCallsClient)
            .ExchangeAsync("a", source.ItemsAsync(3, 10, cancellationToken: default)))
        {
            break;
        }

        await foreach (byte[] item in _pair.Stub(serverCallsClient).ProduceAsync("b", 3, 10))
        {
            break;
        }

        await source.Stopped.WaitAsync(HangTimeout);
        await ObservedCall(serverCallsClient).Cancelled.WaitAsync(HangTimeout);
        await _pair.Callee(serverCallsClient)["b"].Cancelled.WaitAsync(HangTimeout);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Source_that_ignores_its_token_does_not_block_a_cancelled_caller(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        StreamSource[] sources = [new(), new(), new()];
        Task upload = stub.ConsumeAsync("a", 100, sources[0].ItemsAsync(3, 10, honorsCancellation: false), _cancellation.Token);
        Task read = stub.ReadAsync("b", sources[1].Bytes(honorsCancellation: false), _cancellation.Token);
        await Task.WhenAll(ObservedCall(serverCallsClient).Started, _pair.Callee(serverCallsClient)["b"].Started).WaitAsync(HangTimeout);

        // The sender checks for cancellation between items. So cancel only after the sender waits for an item.
        await Task.WhenAll(sources[0].Exhausted, sources[1].Exhausted).WaitAsync(HangTimeout);
        await _cancellation.CancelAsync();
        await ShouldBeCancelledAsync(upload);
        await ShouldBeCancelledAsync(read);
        await foreach (byte[] item in stub.ExchangeAsync("c", sources[2].ItemsAsync(3, 10, honorsCancellation: false)))
        {
            await sources[2].Exhausted.WaitAsync(HangTimeout);
            break;
        }

        foreach ((StreamSource source, string name) in sources.Zip(["a", "b", "c"]))
        {
            await _pair.Callee(serverCallsClient)[name].Cancelled.WaitAsync(HangTimeout);
            source.Stopped.IsCompleted.ShouldBeFalse();
            source.Release();
            await source.Stopped.WaitAsync(HangTimeout);
        }

        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Cancelled_call_on_a_reference_cancels_its_implementation(bool serverCallsClient)
    {
        ITicket ticket = await _pair.Stub(serverCallsClient).IssueAsync("a").WaitAsync(HangTimeout);
        Task<int> call = ticket.BlockAsync(_cancellation.Token);
        await ObservedCall(serverCallsClient).Started.WaitAsync(HangTimeout);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await ObservedCall(serverCallsClient).Cancelled.WaitAsync(HangTimeout);
        ticket.Release();
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Released_reference_cancels_its_calls(bool serverCallsClient)
    {
        ITicket ticket = await _pair.Stub(serverCallsClient).IssueAsync("a").WaitAsync(HangTimeout);
        Task<int> call = ticket.BlockAsync();
        await ObservedCall(serverCallsClient).Started.WaitAsync(HangTimeout);

        ticket.Release();

        (await Should.ThrowAsync<TunnelException>(call.WaitAsync(HangTimeout))).Status.ShouldBe(TunnelStatus.Cancelled);
        await ObservedCall(serverCallsClient).Cancelled.WaitAsync(HangTimeout);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Implementation_that_ignores_cancellation_frees_its_stream_and_permit(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        Task[] calls =
            [.. Enumerable.Range(0, CancelPair.MaxCalls).Select(i => stub.IgnoreCancellationAsync($"ignoring {i}", _cancellation.Token))];
        CancelService callee = _pair.Callee(serverCallsClient);
        await Task.WhenAll(Enumerable.Range(0, CancelPair.MaxCalls).Select(i => callee[$"ignoring {i}"].Started)).WaitAsync(HangTimeout);

        await _cancellation.CancelAsync();
        await Task.WhenAll(calls.Select(call => ShouldBeCancelledAsync(call)));

        // The permits of the cancelled calls are available to other calls, although their implementations still run.
        using var others = new CancellationTokenSource();
        Task[] more = [.. Enumerable.Range(0, CancelPair.MaxCalls).Select(i => stub.BlockAsync($"other {i}", others.Token))];
        await Task.WhenAll(Enumerable.Range(0, CancelPair.MaxCalls).Select(i => callee[$"other {i}"].Started)).WaitAsync(HangTimeout);
        _pair.Caller(!serverCallsClient).Multiplexer.IncomingCalls.Count.ShouldBe(2 * CancelPair.MaxCalls);
        _pair.Caller(!serverCallsClient).Multiplexer.OpenStreamCount.ShouldBe(CancelPair.MaxCalls);

        await others.CancelAsync();
        await Task.WhenAll(more.Select(call => ShouldBeCancelledAsync(call, others.Token)));
        foreach (int i in Enumerable.Range(0, CancelPair.MaxCalls))
        {
            callee[$"ignoring {i}"].Cancelled.IsCompleted.ShouldBeFalse();
            callee[$"ignoring {i}"].Release();
            await callee[$"ignoring {i}"].Cancelled.WaitAsync(HangTimeout);
        }

        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Calls_made_after_cancelled_ones_are_not_refused(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        for (int i = 0; i < 50; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task[] calls = [.. Enumerable.Range(0, CancelPair.MaxCalls).Select(n => stub.BlockAsync($"{i}.{n}", cancellation.Token))];

            await cancellation.CancelAsync();

            await Task.WhenAll(Enumerable.Range(0, CancelPair.MaxCalls).Select(n => stub.EchoAsync(n))).WaitAsync(HangTimeout);
            await Task.WhenAll(calls.Select(call => ShouldBeCancelledAsync(call, cancellation.Token)));
            await CancelPair.UntilAsync(() => _pair.DescribeRemaining().Length == 0, _pair.DescribeRemaining);
        }

        await _pair.ShouldBeIdleAsync();
    }

    private async Task ShouldBeCancelledAsync(Task call) => await ShouldBeCancelledAsync(call, _cancellation.Token);

    private static async Task ShouldBeCancelledAsync(Task call, CancellationToken token)
    {
        OperationCanceledException error =
            await Should.ThrowAsync<OperationCanceledException>(call.WaitAsync(HangTimeout, CancellationToken.None));
        error.CancellationToken.ShouldBe(token);
    }

    private ObservedCall ObservedCall(bool serverCallsClient, string shape = "unary") =>
        _pair.Callee(serverCallsClient)[CallShapes.NameAt(shape, "a")];
}
