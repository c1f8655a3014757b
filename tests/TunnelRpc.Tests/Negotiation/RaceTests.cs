using TunnelRpc.Client;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>What becomes of the paths of a race, and of those who wait for it.</summary>
public sealed class RaceTests
{
    private static readonly Uri Address = new("http://in-memory.invalid/tunnel");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_path_that_was_proved_and_not_chosen_is_closed_in_order_beside_the_session()
    {
        await using var first = new ScriptedTransport("first");
        await using var second = new ScriptedTransport("second");
        await using TunnelClient client = Client(first, second);
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
    public async Task A_path_that_was_not_proved_is_dropped_without_a_word()
    {
        await using var first = new ScriptedTransport("first");
        await using var second = new ScriptedTransport("second");
        await using TunnelClient client = Client(first, second);
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
    public async Task A_caller_who_gives_up_as_the_race_is_won_leaves_no_path_behind()
    {
        using var cancellation = new CancellationTokenSource();
        await using var slow = new ScriptedTransport("slow") { ConnectGate = new TaskCompletionSource().Task, OnCancelled = cancellation.Cancel };
        await using var quick = new ScriptedTransport("quick");
        await using TunnelClient client = Client(slow, quick);
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
    public async Task Those_who_wait_for_one_attempt_share_its_failure()
    {
        var held = new TaskCompletionSource();
        await using var transport = new ScriptedTransport("only") { ConnectGate = held.Task };
        await using TunnelClient client = Client(transport);
        Task[] connecting = [client.ConnectAsync(), client.ConnectAsync(), client.ConnectAsync()];

        held.SetException(new TransportException("Nobody is there."));

        foreach (Task one in connecting)
        {
            (await Should.ThrowAsync<TunnelConnectException>(() => one.DefaultTimeout())).Message.ShouldContain("Nobody is there.");
        }

        transport.Connects.ShouldBe(1);
        await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());
        transport.Connects.ShouldBe(2);
    }

    [Fact]
    public async Task Whoever_connects_or_waits_when_the_client_is_disposed_is_told_so()
    {
        await using var transport = new ScriptedTransport("only") { ConnectGate = new TaskCompletionSource().Task };
        TunnelClient client = Client(transport);
        Task[] connecting = [client.ConnectAsync(), client.ConnectAsync()];

        await client.DisposeAsync().DefaultTimeout();

        foreach (Task one in connecting)
        {
            await Should.ThrowAsync<ObjectDisposedException>(() => one.DefaultTimeout());
        }
    }

    [Fact]
    public async Task Whoever_gives_up_finds_the_own_token_in_the_exception()
    {
        using var cancellation = new CancellationTokenSource();
        await using var transport = new ScriptedTransport("only") { ConnectGate = new TaskCompletionSource().Task };
        await using TunnelClient client = Client(transport);
        Task[] connecting = [client.ConnectAsync(cancellation.Token), client.ConnectAsync(cancellation.Token)];

        await cancellation.CancelAsync();

        foreach (Task one in connecting)
        {
            (await Should.ThrowAsync<OperationCanceledException>(() => one.DefaultTimeout())).CancellationToken.ShouldBe(cancellation.Token);
        }
    }

    private static async Task HandshakeAsync(ITransportConnection connection)
    {
        ReceiveBuffer input = (await SessionHandshake.AcceptAsync(connection, new TunnelLimits(), SessionFeatures.None, Guid.Empty, null, CancellationToken.None).DefaultTimeout()).ReceiveBuffer;
        input.Dispose();
    }

    private TunnelClient Client(params ITransport[] transports)
    {
        var options = new TunnelClientOptions { Address = Address, TimeProvider = _time, ConnectTimeout = TimeSpan.Zero, CloseTimeout = TimeSpan.FromMilliseconds(1) };
        options.Transports.Clear();
        foreach (ITransport transport in transports)
        {
            options.Transports.Add(transport);
        }

        return new TunnelClient(options);
    }
}
