using TunnelRpc.Client;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>The paths of a race, and the callers that wait for it.</summary>
public sealed class RaceTests
{
    private static readonly Uri Address = new("http://in-memory.invalid/tunnel");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Established_path_that_is_not_chosen_is_closed_in_order()
    {
        await using var first = new ScriptedTransport("first");
        await using var second = new ScriptedTransport("second");
        await using TunnelClient client = CreateClient(first, second);
        Task connecting = client.ConnectAsync();
        await using ITransportConnection preferred = await first.AcceptAsync().DefaultTimeout();
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(250)).DefaultTimeout();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await using ITransportConnection other = await second.AcceptAsync().DefaultTimeout();
        await HandshakeAsync(other);

        await HandshakeAsync(preferred);
        await connecting.DefaultTimeout();

        client.Report!.Attempts.Select(a => a.Outcome).ShouldBe([AttemptOutcome.Won, AttemptOutcome.Superseded]);
        await using var loser = new RawPeer(other);
        CloseMessage close = await loser.ReadCloseAsync();
        (close.Status, close.LastAcceptedStream, close.Reason).ShouldBe((TunnelStatus.Ok, 0ul, "Another path was preferred."));
        await loser.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "").ToPayload());
        (await loser.TryReadRecordAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Path_without_a_completed_handshake_is_dropped_without_a_CLOSE()
    {
        await using var first = new ScriptedTransport("first");
        await using var second = new ScriptedTransport("second");
        await using TunnelClient client = CreateClient(first, second);
        Task connecting = client.ConnectAsync();
        await using var silent = new RawPeer(await first.AcceptAsync().DefaultTimeout());
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(250)).DefaultTimeout();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await using ITransportConnection other = await second.AcceptAsync().DefaultTimeout();
        await HandshakeAsync(other);
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(100)).DefaultTimeout();

        _time.Advance(TimeSpan.FromMilliseconds(100));
        await connecting.DefaultTimeout();

        client.Report!.Attempts.Select(a => a.Outcome).ShouldBe([AttemptOutcome.Abandoned, AttemptOutcome.Won]);
        (await silent.ReadRecordAsync()).Type.ShouldBe(RecordType.Hello);
        (await silent.TryReadRecordAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Caller_that_cancels_as_the_race_is_won_leaves_a_connected_client()
    {
        using var cancellation = new CancellationTokenSource();
        await using var slow = new ScriptedTransport("slow")
        {
            ConnectGate = new TaskCompletionSource().Task,
            OnCancelled = cancellation.Cancel,
        };
        await using var quick = new ScriptedTransport("quick");
        await using TunnelClient client = CreateClient(slow, quick);
        Task connecting = client.ConnectAsync(cancellation.Token);
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(250)).DefaultTimeout();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await using ITransportConnection connection = await quick.AcceptAsync().DefaultTimeout();
        await HandshakeAsync(connection);
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(100)).DefaultTimeout();

        var connected = new TaskCompletionSource();
        client.StateChanged += (_, change) =>
        {
            if (change.State == TunnelClientState.Connected)
            {
                connected.SetResult();
            }
        };
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await Should.ThrowAsync<OperationCanceledException>(() => connecting.DefaultTimeout());
        await connected.Task.DefaultTimeout();

        cancellation.IsCancellationRequested.ShouldBeTrue();
        client.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public async Task Callers_that_wait_for_one_attempt_share_its_failure()
    {
        var connectGate = new TaskCompletionSource();
        await using var transport = new ScriptedTransport("only") { ConnectGate = connectGate.Task };
        await using TunnelClient client = CreateClient(transport);
        Task[] connecting = [client.ConnectAsync(), client.ConnectAsync(), client.ConnectAsync()];

        connectGate.SetException(new TransportException("The host is unreachable."));

        foreach (Task caller in connecting)
        {
            TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(() => caller.DefaultTimeout());
            failed.Message.ShouldContain("The host is unreachable.");
        }

        transport.Connects.ShouldBe(1);
        await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());
        transport.Connects.ShouldBe(2);
    }

    [Fact]
    public async Task Callers_that_connect_while_the_client_is_disposed_get_ObjectDisposedException()
    {
        await using var transport = new ScriptedTransport("only") { ConnectGate = new TaskCompletionSource().Task };
        TunnelClient client = CreateClient(transport);
        Task[] connecting = [client.ConnectAsync(), client.ConnectAsync()];

        await client.DisposeAsync().DefaultTimeout();

        foreach (Task caller in connecting)
        {
            await Should.ThrowAsync<ObjectDisposedException>(() => caller.DefaultTimeout());
        }
    }

    [Fact]
    public async Task Callers_that_cancel_get_their_own_token_in_the_exception()
    {
        using var cancellation = new CancellationTokenSource();
        await using var transport = new ScriptedTransport("only") { ConnectGate = new TaskCompletionSource().Task };
        await using TunnelClient client = CreateClient(transport);
        Task[] connecting = [client.ConnectAsync(cancellation.Token), client.ConnectAsync(cancellation.Token)];

        await cancellation.CancelAsync();

        foreach (Task caller in connecting)
        {
            OperationCanceledException cancelled = await Should.ThrowAsync<OperationCanceledException>(() => caller.DefaultTimeout());
            cancelled.CancellationToken.ShouldBe(cancellation.Token);
        }
    }

    [Fact]
    public async Task Connect_that_is_cancelled_during_the_first_race_reports_the_race_so_far()
    {
        using var cancellation = new CancellationTokenSource();
        var failing = RespondingTransport.WithoutResponse("first");
        await using var silent = new ScriptedTransport("second") { ConnectGate = new TaskCompletionSource().Task };
        await using var notStarted = new ScriptedTransport("third");
        await using TunnelClient client = CreateClient(failing, silent, notStarted);
        Task connecting = client.ConnectAsync(cancellation.Token);
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(250)).DefaultTimeout();
        _time.Advance(TimeSpan.FromMilliseconds(200));

        await cancellation.CancelAsync();

        // ShouldThrow replaces the exception of a cancelled task by one of its own.
        Exception? thrown = await Record.ExceptionAsync(() => connecting);
        TunnelConnectException inner = thrown.ShouldBeOfType<OperationCanceledException>().InnerException
            .ShouldBeOfType<TunnelConnectException>();
        inner.Report.Attempts.Select(a => a.Outcome).ShouldBe(
            [AttemptOutcome.Failed, AttemptOutcome.Abandoned, AttemptOutcome.NotTried]);
        inner.Report.Elapsed.ShouldBe(TimeSpan.FromMilliseconds(200));
        inner.Report.Attempts[1].Reason.ShouldBe("connecting was cancelled before it had a path.");
        inner.Report.Attempts[1].Elapsed.ShouldBe(TimeSpan.FromMilliseconds(200));
        thrown.Message.ShouldContain("first: Failed");
    }

    [Fact]
    public async Task Response_that_asks_to_wait_starts_no_other_transport_and_is_obeyed()
    {
        await using var second = new ScriptedTransport("second");
        var first = new DeferringTransport("first", TimeSpan.FromSeconds(7));
        await using TunnelClient client = CreateClient(o => o.ConnectTimeout = TimeSpan.FromMinutes(5), first, second);
        Task connecting = client.ConnectAsync();

        await _time.WhenTimerDueAsync(TimeSpan.FromSeconds(7)).DefaultTimeout();
        second.Connects.ShouldBe(0);
        client.Report!.Attempts.Select(a => a.Outcome).ShouldBe([AttemptOutcome.Failed, AttemptOutcome.NotTried]);
        client.Report.Attempts[1].Reason.ShouldContain("first asked to wait");
        _time.Advance(TimeSpan.FromSeconds(7) - TimeSpan.FromMilliseconds(1));
        second.Connects.ShouldBe(0);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await using ITransportConnection connection = await second.AcceptAsync().DefaultTimeout();
        await HandshakeAsync(connection);
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(250)).DefaultTimeout();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await connecting.DefaultTimeout();
        client.Report.Winner!.Transport.ShouldBe("second");
    }

    [Fact]
    public async Task Response_that_asks_to_wait_for_years_delays_by_MaxReconnectDelay_and_the_report_says_so()
    {
        var transport = new DeferringTransport("only", TimeSpan.FromSeconds(uint.MaxValue));
        await using TunnelClient client = CreateClient(o => o.ConnectTimeout = TimeSpan.FromMinutes(5), transport);
        Task connecting = client.ConnectAsync();

        PathReport? previous = null;
        for (int attempt = 1; attempt < 4; attempt++)
        {
            await Eventually.TrueAsync(() => client.Report is not null && client.Report != previous);
            previous = client.Report;
            await _time.WhenTimerDueAsync(TimeSpan.FromSeconds(15)).DefaultTimeout();
            transport.Connects.ShouldBe(attempt);
            previous!.Attempts[0].Reason.ShouldContain("The client waits 15 s at most (MaxReconnectDelay).");
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        connecting.IsCompleted.ShouldBeFalse();
    }

    private static async Task HandshakeAsync(ITransportConnection connection)
    {
        (await SessionHandshake
            .AcceptAsync(connection, new TunnelLimits(), SessionFeatures.None, Guid.Empty, null, CancellationToken.None)
            .DefaultTimeout()).ReceiveBuffer.Dispose();
    }

    private TunnelClient CreateClient(params ITransport[] transports) => CreateClient(_ => { }, transports);

    private TunnelClient CreateClient(Action<TunnelClientOptions> configure, params ITransport[] transports)
    {
        var options = new TunnelClientOptions
        {
            Address = Address,
            TimeProvider = _time,
            ConnectTimeout = TimeSpan.Zero,
            CloseTimeout = TimeSpan.FromMilliseconds(1),
        };
        options.Transports.Clear();
        foreach (ITransport transport in transports)
        {
            options.Transports.Add(transport);
        }

        configure(options);
        return new TunnelClient(options);
    }

    /// <summary>A transport to which each response is 429 with the same Retry-After.</summary>
    private sealed class DeferringTransport(string name, TimeSpan retryAfter) : ITransport
    {
        private int _connects;

        public string Name => name;

        public int Connects => Volatile.Read(ref _connects);

        public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _connects);
            throw new TransportException($"{name}: too many requests.") { HttpStatus = 429, RetryAfter = retryAfter };
        }
    }
}
