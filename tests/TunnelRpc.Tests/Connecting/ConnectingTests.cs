using System.Collections.Concurrent;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Negotiation;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Connecting;

/// <summary>
/// How a client opens its sessions: when it connects, at which address, with which credentials, and which states and reports follow.
/// </summary>
public sealed class ConnectingTests : IAsyncLifetime
{
    private static readonly Uri First = new("http://first.invalid/tunnel");
    private static readonly Uri Second = new("http://second.invalid/tunnel");
    private TunnelTestHost _host = null!;
    private AddressedTransport _transport = null!;

    public async Task InitializeAsync() => _host = await TunnelTestHost.StartAsync<IEcho>(new EchoService());

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Call_waits_until_the_server_is_reachable()
    {
        await using TunnelClient client = await CreateAsync();
        _transport.UnreachableHosts[First.Host] = true;
        Task<string> call = client.Get<IEcho>().EchoAsync("early").AsTask();
        await UntilAsync(() => _transport.RequestedEndpoints.Count >= 3);
        (call.IsCompleted, client.State).ShouldBe((false, TunnelClientState.Connecting));

        _transport.UnreachableHosts.Clear();

        (await call.DefaultTimeout()).ShouldBe("early");
        client.State.ShouldBe(TunnelClientState.Connected);
    }

    [Fact]
    public async Task Call_that_sees_no_session_just_before_one_is_opened_uses_it()
    {
        var clock = new InterruptedClock();
        await using TunnelClient client = await CreateAsync(o => o.TimeProvider = clock);
        clock.InterruptNextWith(() => Task.Run(() => client.ConnectAsync().DefaultTimeout()).Wait());

        await client.ConnectAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Connect_fails_after_ConnectTimeout_with_the_report_of_the_last_attempt()
    {
        await using TunnelClient client = await CreateAsync(o => o.ConnectTimeout = TimeSpan.FromMilliseconds(50));
        _transport.UnreachableHosts[First.Host] = true;

        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        failed.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldBe("first.invalid is unreachable.");
        await UntilAsync(() => client.State == TunnelClientState.Idle);
    }

    [Fact]
    public async Task Cancelled_connect_keeps_the_report_of_the_last_attempt()
    {
        await using TunnelClient client = await CreateAsync();
        _transport.UnreachableHosts[First.Host] = true;
        using var cancellation = new CancellationTokenSource();
        Task connecting = client.ConnectAsync(cancellation.Token);
        await UntilAsync(() => _transport.RequestedEndpoints.Count >= 3);

        await cancellation.CancelAsync();

        // WaitAsync and ShouldThrow replace the exception of a cancelled task by one of their own.
        OperationCanceledException cancelled = (await Record.ExceptionAsync(() => connecting)).ShouldBeOfType<OperationCanceledException>();
        cancelled.CancellationToken.ShouldBe(cancellation.Token);
        cancelled.Message.ShouldContain("first.invalid is unreachable.");
        cancelled.InnerException.ShouldBeOfType<TunnelConnectException>()
            .Report.Attempts.ShouldHaveSingleItem().Reason.ShouldBe("first.invalid is unreachable.");
    }

    [Fact]
    public async Task Connect_after_a_permanent_failure_fails_at_once()
    {
        // A client that stays connected would try again after the failure, perhaps before the number is read.
        await using TunnelClient client = await CreateAsync(o =>
        {
            o.StayConnected = false;
            o.Transports[0] = new GatedTransport("best", o.Transports[0]) { Refuses = true };
        });

        await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        ((GatedTransport)_options.Transports[0]).Connects.ShouldBe(1);
    }

    [Fact]
    public async Task Client_tries_its_addresses_in_order_and_resumes_at_the_one_that_has_the_session()
    {
        await using TunnelClient client = await CreateAsync(o => o.FurtherAddresses.Add(Second));
        _transport.UnreachableHosts[First.Host] = true;
        await client.ConnectAsync().DefaultTimeout();
        _transport.RequestedEndpoints.Select(e => e.Address).ShouldBe([First, Second]);
        client.Report!.Address.ShouldBe(Second);

        _transport.UnreachableHosts.Clear();
        await DisconnectPathAsync(client);

        _transport.RequestedEndpoints.Select(e => e.Address).ShouldBe([First, Second, Second]);
    }

    [Fact]
    public async Task Client_whose_session_ended_tries_another_address_first()
    {
        await using TunnelClient client = await CreateAsync(o => o.FurtherAddresses.Add(Second));
        (await client.Get<IEcho>().EchoAsync("up").AsTask().DefaultTimeout()).ShouldBe("up");
        string session = client.SessionId.ShouldNotBeNull();

        await _host.Server.FindSession(session)!.Peer.CloseAsync(TunnelStatus.Unavailable, "The server shuts down.").DefaultTimeout();
        await UntilAsync(() => client.SessionId is { } id && id != session);

        client.Report!.Address.ShouldBe(Second);
    }

    [Fact]
    public async Task AddressResolver_that_throws_is_called_again_for_the_next_attempt()
    {
        int calls = 0;
        await using TunnelClient client = await CreateAsync(o => o.AddressResolver = _ => ++calls < 3
            ? throw new InvalidOperationException("No name server.")
            : ValueTask.FromResult<IReadOnlyList<Uri>>([Second]));

        await client.ConnectAsync().DefaultTimeout();

        calls.ShouldBe(3);
        client.Report!.Address.ShouldBe(Second);
    }

    [Fact]
    public async Task Random_address_selection_uses_all_addresses()
    {
        await using TunnelClient client = await CreateAsync(o =>
        {
            o.FurtherAddresses.Add(Second);
            o.AddressSelection = TunnelAddressSelection.Random;
        });

        for (int i = 0; i < 200 && _transport.RequestedEndpoints.Select(e => e.Address).Distinct().Count() < 2; i++)
        {
            _options.StayConnected = false;
            (await client.Get<IEcho>().EchoAsync("up").AsTask().DefaultTimeout()).ShouldBe("up");
            await _host.Server.FindSession(client.SessionId!)!.Peer.CloseAsync(TunnelStatus.Unavailable, "Again.").DefaultTimeout();
            await client.SessionCompletion.DefaultTimeout();
        }

        _transport.RequestedEndpoints.Select(e => e.Address).ShouldContain(First);
        _transport.RequestedEndpoints.Select(e => e.Address).ShouldContain(Second);
    }

    [Fact]
    public async Task AccessTokenProvider_is_called_for_each_path_of_a_session()
    {
        int tokens = 0;
        await using TunnelClient client = await CreateAsync(o =>
        {
            o.Headers["Authorization"] = "Basic old";
            o.AccessTokenProvider = _ => ValueTask.FromResult<string?>($"token-{Interlocked.Increment(ref tokens)}");
        });
        await client.ConnectAsync().DefaultTimeout();
        string session = client.SessionId.ShouldNotBeNull();

        await DisconnectPathAsync(client);

        client.SessionId.ShouldBe(session);
        _transport.RequestedEndpoints.Select(e => e.Headers.Single(h => h.Key == "Authorization").Value)
            .ShouldBe(["Bearer token-1", "Bearer token-2"]);
    }

    [Fact]
    public async Task AccessTokenProvider_that_fails_or_returns_an_invalid_token_is_called_again()
    {
        int calls = 0;
        await using TunnelClient client = await CreateAsync(o => o.AccessTokenProvider = _ => ++calls switch
        {
            1 => throw new InvalidOperationException("No token service."),
            2 => ValueTask.FromResult<string?>("secret\r\nHost: evil"),
            _ => ValueTask.FromResult<string?>(null),
        });

        await client.ConnectAsync().DefaultTimeout();

        calls.ShouldBe(3);
        _transport.RequestedEndpoints.ShouldHaveSingleItem().Headers.ShouldNotContain(h => h.Key == "Authorization");
    }

    [Fact]
    public async Task StateChanged_is_raised_in_order_although_a_handler_throws()
    {
        TunnelClient client = await CreateAsync();
        var states = new ConcurrentQueue<TunnelClientState>();
        var closed = new TaskCompletionSource();
        client.StateChanged += (_, change) =>
        {
            states.Enqueue(change.State);
            if (change.State == TunnelClientState.Closed)
            {
                closed.SetResult();
            }

            throw new InvalidOperationException("The handler failed.");
        };
        client.State.ShouldBe(TunnelClientState.Idle);

        await client.ConnectAsync().DefaultTimeout();
        await DisconnectPathAsync(client);
        await client.DisposeAsync().DefaultTimeout();
        await closed.Task.DefaultTimeout();

        states.ShouldBe(
        [
            TunnelClientState.Connecting,
            TunnelClientState.Connected,
            TunnelClientState.Resuming,
            TunnelClientState.Connected,
            TunnelClientState.Closed,
        ]);
    }

    [Fact]
    public async Task Client_without_StayConnected_opens_its_next_session_for_the_next_call()
    {
        await using TunnelClient client = await CreateAsync(o => o.StayConnected = false);
        (await client.Get<IEcho>().EchoAsync("up").AsTask().DefaultTimeout()).ShouldBe("up");
        string session = client.SessionId.ShouldNotBeNull();
        await _host.Server.FindSession(session)!.Peer.CloseAsync(TunnelStatus.Unavailable, "Enough.").DefaultTimeout();
        await UntilAsync(() => client.State == TunnelClientState.Idle);
        _transport.RequestedEndpoints.Count.ShouldBe(1);

        (await client.Get<IEcho>().EchoAsync("again").AsTask().DefaultTimeout()).ShouldBe("again");

        _transport.RequestedEndpoints.Count.ShouldBe(2);
    }

    private TunnelClientOptions _options = null!;

    private async Task<TunnelClient> CreateAsync(Action<TunnelClientOptions>? configure = null)
    {
        // A first client provides the host's in-memory transport. The returned client has options of its own.
        ITransport? inner = null;
        await (await _host.ConnectAsync(o => inner = o.Transports[0])).DisposeAsync();
        _transport = new AddressedTransport(inner!);
        _options = new TunnelClientOptions
        {
            Address = First,
            ReconnectDelay = TimeSpan.FromMilliseconds(1),
            MaxReconnectDelay = TimeSpan.FromMilliseconds(20),
        };
        _options.Transports.Clear();
        _options.Transports.Add(_transport);
        configure?.Invoke(_options);
        return new TunnelClient(_options);
    }

    private async Task DisconnectPathAsync(TunnelClient client)
    {
        int attempts = _transport.RequestedEndpoints.Count;
        await _transport.CutAsync();
        await UntilAsync(() => _transport.RequestedEndpoints.Count > attempts && client.State == TunnelClientState.Connected);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (!condition())
        {
            guard.Token.ThrowIfCancellationRequested();
            await ThreadPoolWork.RunQueuedAsync(10);
        }
    }
}
