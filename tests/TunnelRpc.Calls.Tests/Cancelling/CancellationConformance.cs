using Shouldly;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>Cancellation at every stage of a call, over every transport and in both directions. Each case ends with a look for what is left.</summary>
public abstract class CancellationConformance(ITransport? transport) : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Guard = CancelPair.Guard;

    private readonly CancellationTokenSource _cancellation = new();
    private CancelPair _pair = null!;

    public static TheoryData<string, bool> Shapes => CallShapes.InBothDirections;

    public async Task InitializeAsync() => _pair = await CancelPair.StartAsync(transport);

    public async Task DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(Guard);

    public void Dispose()
    {
        _cancellation.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Before_it_is_sent(string shape, bool serverCallsClient)
    {
        await _cancellation.CancelAsync();

        Task call = CallShapes.StartAsync(shape, _pair.Stub(serverCallsClient), "a", _cancellation.Token);

        await ShouldBeCancelledAsync(call);
        call.IsCanceled.ShouldBeTrue();
        await _pair.ShouldBeIdleAsync();
        Visit(serverCallsClient, shape).Calls.ShouldBe(0);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task While_it_waits_for_room_among_the_peers_calls(string shape, bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        using var others = new CancellationTokenSource();
        Task[] full = [.. Enumerable.Range(0, CancelPair.MaxCalls).Select(i => stub.HoldAsync($"other {i}", others.Token))];
        await Task.WhenAll(Enumerable.Range(0, CancelPair.MaxCalls).Select(i => _pair.Callee(serverCallsClient)[$"other {i}"].Started)).WaitAsync(Guard);
        Task call = CallShapes.StartAsync(shape, stub, "a", _cancellation.Token);
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.WaitingCalls == 1);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        _pair.Caller(serverCallsClient).Multiplexer.WaitingCalls.ShouldBe(0);
        await others.CancelAsync();
        await Task.WhenAll(full.Select(other => Should.ThrowAsync<OperationCanceledException>(other.WaitAsync(Guard))));
        await _pair.ShouldBeIdleAsync();
        Visit(serverCallsClient, shape).Calls.ShouldBe(0);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task While_it_waits_to_be_sent(string shape, bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        using var other = new CancellationTokenSource();
        _pair.Path.Hold(incoming: serverCallsClient);
        Task<int> large = stub.MeasureAsync(new byte[3 << 20], other.Token);
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessages == 1, _pair.Left);
        Task call = CallShapes.StartAsync(shape, stub, "a", _cancellation.Token);
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessages == 2, _pair.Left);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await other.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(large.WaitAsync(Guard));
        _pair.Path.Release();
        await _pair.ShouldBeIdleAsync();
        Visit(serverCallsClient, shape).Calls.ShouldBe(0);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task While_it_runs(string shape, bool serverCallsClient)
    {
        Task call = CallShapes.StartAsync(shape, _pair.Stub(serverCallsClient), "a", _cancellation.Token);
        await Visit(serverCallsClient, shape).Started.WaitAsync(Guard);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await Visit(serverCallsClient, shape).Cancelled.WaitAsync(Guard);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Together_with_the_loss_of_the_session(string shape, bool serverCallsClient)
    {
        Task call = CallShapes.StartAsync(shape, _pair.Stub(serverCallsClient), "a", _cancellation.Token);
        await Visit(serverCallsClient, shape).Started.WaitAsync(Guard);

        await Task.WhenAll(Task.Run(_cancellation.Cancel), Task.Run(async () => await _pair.LoseAsync())).WaitAsync(Guard);

        Exception error = await Should.ThrowAsync<Exception>(call.WaitAsync(Guard));
        (error is OperationCanceledException || error is TunnelException { Status: TunnelStatus.Unavailable }).ShouldBeTrue(error.ToString());
        await Visit(serverCallsClient, shape).Cancelled.WaitAsync(Guard);
        await CancelPair.UntilAsync(() => _pair.Left().Replace("calls that wait", "", StringComparison.Ordinal).Contains("calls that run", StringComparison.Ordinal) is false, _pair.Left);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task As_its_answer_comes_either_is_right(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        for (int i = 0; i < 100; i++)
        {
            string name = $"call {i}";
            using var cancellation = new CancellationTokenSource();
            Task call = (i % 4) switch
            {
                0 => stub.HoldAsync(name, cancellation.Token),
                1 => stub.TakeAsync(name, 2, new Source().ItemsAsync(2, 10, cancellationToken: default), cancellation.Token),
                2 => stub.ReportAsync(name, new Progress<int>(), cancellation.Token),
                _ => stub.NestAsync(name, 2, cancellation.Token),
            };
            await _pair.Callee(serverCallsClient)[name].Started.WaitAsync(Guard);

            await Task.WhenAll(Task.Run(_pair.Callee(serverCallsClient)[name].Release), Task.Run(cancellation.Cancel)).WaitAsync(Guard);

            try
            {
                await call.WaitAsync(Guard);
            }
            catch (OperationCanceledException)
            {
                // That is the other right end.
            }

            // Of work that goes on behind its cancellation no more is forgiven than the limit of two.
            await CancelPair.UntilAsync(() => _pair.Caller(false).Multiplexer.Running.Count + _pair.Caller(true).Multiplexer.Running.Count == 0, _pair.Left);
        }

        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_one_way_call_is_not_sent_any_more(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        using var other = new CancellationTokenSource();
        await ShouldBeCancelledAsync(stub.NoteAsync("early", new CancellationToken(canceled: true)).AsTask(), new CancellationToken(canceled: true));
        _pair.Path.Hold(incoming: serverCallsClient);
        Task<int> large = stub.MeasureAsync(new byte[3 << 20], other.Token);
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessages == 1, _pair.Left);
        Task queued = stub.NoteAsync("queued", _cancellation.Token).AsTask();
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessages == 2, _pair.Left);
        Task waiting = stub.NoteAsync("waiting", _cancellation.Token).AsTask();
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.WaitingCalls == 1, _pair.Left);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(queued);
        await ShouldBeCancelledAsync(waiting);
        _pair.Path.Release();
        (await large.WaitAsync(Guard)).ShouldBe(3 << 20);
        await _pair.ShouldBeIdleAsync();
        foreach (string name in new[] { "early", "queued", "waiting" })
        {
            _pair.Callee(serverCallsClient)[name].Calls.ShouldBe(0);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_half_sent_call_is_given_up(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        _pair.Path.Hold(incoming: serverCallsClient);
        Task[] calls = [stub.MeasureAsync(new byte[3 << 20], _cancellation.Token), stub.NoteAsync(new string('n', 3 << 20), _cancellation.Token).AsTask()];
        await CancelPair.UntilAsync(() => _pair.Caller(serverCallsClient).Multiplexer.QueuedMessages == 2, _pair.Left);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(calls[0]);
        await ShouldBeCancelledAsync(calls[1]);
        _pair.Path.Release();
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task An_answer_that_waits_to_be_sent_is_given_up(bool serverCallsClient)
    {
        // The direction of the answers is held: what blocks them is a large call the other way.
        ICancelService stub = _pair.Stub(serverCallsClient);
        Task<int> call = stub.HoldAsync("a", _cancellation.Token);
        await Visit(serverCallsClient).Started.WaitAsync(Guard);
        using var other = new CancellationTokenSource();
        _pair.Path.Hold(incoming: !serverCallsClient);
        Task<int> large = _pair.Stub(!serverCallsClient).MeasureAsync(new byte[3 << 20], other.Token);
        TunnelRpc.Multiplexing.Multiplexer answering = _pair.Caller(!serverCallsClient).Multiplexer;
        await CancelPair.UntilAsync(() => answering.QueuedMessages == 1, _pair.Left);
        Visit(serverCallsClient).Release();
        await CancelPair.UntilAsync(() => answering.QueuedMessages == 2, _pair.Left);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await CancelPair.UntilAsync(() => answering.OpenStreams == 1, _pair.Left);
        await other.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(large.WaitAsync(Guard));
        _pair.Path.Release();
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_producer_that_waits_for_credit_is_cancelled(bool serverCallsClient)
    {
        // Each element is more than the window: the second one waits for credit.
        IAsyncEnumerator<byte[]> items = _pair.Stub(serverCallsClient).GiveAsync("a", 100, 20_000).GetAsyncEnumerator(_cancellation.Token);
        (await items.MoveNextAsync().AsTask().WaitAsync(Guard)).ShouldBeTrue();
        await Visit(serverCallsClient).Started.WaitAsync(Guard);
        await _pair.Stub(serverCallsClient).EchoAsync(1).WaitAsync(Guard);

        await _cancellation.CancelAsync();

        await Visit(serverCallsClient).Cancelled.WaitAsync(Guard);
        await ShouldBeCancelledAsync(items.MoveNextAsync().AsTask());
        await items.DisposeAsync().AsTask().WaitAsync(Guard);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_caller_whose_elements_wait_for_credit_is_cancelled_and_its_source_stopped(bool serverCallsClient)
    {
        var source = new Source();
        Task<int> call = _pair.Stub(serverCallsClient).TakeAsync("a", 0, source.ItemsAsync(100, 20_000, cancellationToken: default), _cancellation.Token);
        await source.Second.WaitAsync(Guard);
        await Visit(serverCallsClient).Started.WaitAsync(Guard);
        await _pair.Stub(serverCallsClient).EchoAsync(1).WaitAsync(Guard);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await source.Stopped.WaitAsync(Guard);
        await Visit(serverCallsClient).Cancelled.WaitAsync(Guard);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Between_elements_that_the_caller_takes(bool serverCallsClient)
    {
        await using IAsyncEnumerator<byte[]> items = _pair.Stub(serverCallsClient).GiveAsync("a", 3, 10, _cancellation.Token).GetAsyncEnumerator();
        (await items.MoveNextAsync().AsTask().WaitAsync(Guard)).ShouldBeTrue();

        await _cancellation.CancelAsync();

        await Visit(serverCallsClient).Cancelled.WaitAsync(Guard);
        await ShouldBeCancelledAsync(items.MoveNextAsync().AsTask());
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Leaving_a_stream_cancels_its_producer_and_stops_the_source(bool serverCallsClient)
    {
        var source = new Source();
        await foreach (byte[] item in _pair.Stub(serverCallsClient).ExchangeAsync("a", source.ItemsAsync(3, 10, cancellationToken: default)))
        {
            break;
        }

        await foreach (byte[] item in _pair.Stub(serverCallsClient).GiveAsync("b", 3, 10))
        {
            break;
        }

        await source.Stopped.WaitAsync(Guard);
        await Visit(serverCallsClient).Cancelled.WaitAsync(Guard);
        await _pair.Callee(serverCallsClient)["b"].Cancelled.WaitAsync(Guard);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_source_that_does_not_heed_its_token_does_not_hold_a_caller_that_gave_up(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        Source[] sources = [new(), new(), new()];
        Task upload = stub.TakeAsync("a", 100, sources[0].ItemsAsync(3, 10, heeds: false), _cancellation.Token);
        Task read = stub.ReadAsync("b", sources[1].Bytes(heeds: false), _cancellation.Token);
        await Task.WhenAll(Visit(serverCallsClient).Started, _pair.Callee(serverCallsClient)["b"].Started).WaitAsync(Guard);

        // Between elements the sender looks by itself whether to go on.
        await Task.WhenAll(sources[0].Waits, sources[1].Waits).WaitAsync(Guard);
        await _cancellation.CancelAsync();
        await ShouldBeCancelledAsync(upload);
        await ShouldBeCancelledAsync(read);
        await foreach (byte[] item in stub.ExchangeAsync("c", sources[2].ItemsAsync(3, 10, heeds: false)))
        {
            await sources[2].Waits.WaitAsync(Guard);
            break;
        }

        foreach ((Source source, string name) in sources.Zip(["a", "b", "c"]))
        {
            await _pair.Callee(serverCallsClient)[name].Cancelled.WaitAsync(Guard);
            source.Stopped.IsCompleted.ShouldBeFalse();
            source.Release();
            await source.Stopped.WaitAsync(Guard);
        }

        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_call_on_a_reference(bool serverCallsClient)
    {
        ITicket ticket = await _pair.Stub(serverCallsClient).IssueAsync("a").WaitAsync(Guard);
        Task<int> call = ticket.HoldAsync(_cancellation.Token);
        await Visit(serverCallsClient).Started.WaitAsync(Guard);

        await _cancellation.CancelAsync();

        await ShouldBeCancelledAsync(call);
        await Visit(serverCallsClient).Cancelled.WaitAsync(Guard);
        ticket.Release();
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Releasing_a_reference_cancels_the_calls_on_it(bool serverCallsClient)
    {
        ITicket ticket = await _pair.Stub(serverCallsClient).IssueAsync("a").WaitAsync(Guard);
        Task<int> call = ticket.HoldAsync();
        await Visit(serverCallsClient).Started.WaitAsync(Guard);

        ticket.Release();

        (await Should.ThrowAsync<TunnelException>(call.WaitAsync(Guard))).Status.ShouldBe(TunnelStatus.Cancelled);
        await Visit(serverCallsClient).Cancelled.WaitAsync(Guard);
        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Work_that_ignores_it_frees_its_stream_and_its_room(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        Task[] calls = [.. Enumerable.Range(0, CancelPair.MaxCalls).Select(i => stub.IgnoreAsync($"stubborn {i}", _cancellation.Token))];
        CancelService callee = _pair.Callee(serverCallsClient);
        await Task.WhenAll(Enumerable.Range(0, CancelPair.MaxCalls).Select(i => callee[$"stubborn {i}"].Started)).WaitAsync(Guard);

        await _cancellation.CancelAsync();
        await Task.WhenAll(calls.Select(call => ShouldBeCancelledAsync(call)));

        // All the room that there is serves others, though the work goes on.
        using var others = new CancellationTokenSource();
        Task[] more = [.. Enumerable.Range(0, CancelPair.MaxCalls).Select(i => stub.HoldAsync($"other {i}", others.Token))];
        await Task.WhenAll(Enumerable.Range(0, CancelPair.MaxCalls).Select(i => callee[$"other {i}"].Started)).WaitAsync(Guard);
        _pair.Caller(!serverCallsClient).Multiplexer.Running.Count.ShouldBe(2 * CancelPair.MaxCalls);
        _pair.Caller(!serverCallsClient).Multiplexer.OpenStreams.ShouldBe(CancelPair.MaxCalls);

        await others.CancelAsync();
        await Task.WhenAll(more.Select(call => ShouldBeCancelledAsync(call, others.Token)));
        foreach (int i in Enumerable.Range(0, CancelPair.MaxCalls))
        {
            callee[$"stubborn {i}"].Cancelled.IsCompleted.ShouldBeFalse();
            callee[$"stubborn {i}"].Release();
            await callee[$"stubborn {i}"].Cancelled.WaitAsync(Guard);
        }

        await _pair.ShouldBeIdleAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Calls_made_behind_cancelled_ones_are_not_refused(bool serverCallsClient)
    {
        ICancelService stub = _pair.Stub(serverCallsClient);
        for (int i = 0; i < 50; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task[] calls = [.. Enumerable.Range(0, CancelPair.MaxCalls).Select(n => stub.HoldAsync($"{i}.{n}", cancellation.Token))];

            await cancellation.CancelAsync();

            await Task.WhenAll(Enumerable.Range(0, CancelPair.MaxCalls).Select(n => stub.EchoAsync(n))).WaitAsync(Guard);
            await Task.WhenAll(calls.Select(call => ShouldBeCancelledAsync(call, cancellation.Token)));
            await CancelPair.UntilAsync(() => _pair.Left().Length == 0, _pair.Left);
        }

        await _pair.ShouldBeIdleAsync();
    }

    private async Task ShouldBeCancelledAsync(Task call) => await ShouldBeCancelledAsync(call, _cancellation.Token);

    private static async Task ShouldBeCancelledAsync(Task call, CancellationToken token)
    {
        OperationCanceledException error = await Should.ThrowAsync<OperationCanceledException>(call.WaitAsync(Guard, CancellationToken.None));
        error.CancellationToken.ShouldBe(token);
    }

    private Visit Visit(bool serverCallsClient, string shape = "unary") => _pair.Callee(serverCallsClient)[CallShapes.NameAt(shape, "a")];
}
