using System.Collections.Concurrent;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Negotiation;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Connecting;

/// <summary>How a client comes to its sessions: when it tries, where, with which credentials, and what it says of that.</summary>
public sealed class ConnectingTests : IAsyncLifetime
{
    private static readonly Uri First = new("http://first.invalid/tunnel");
    private static readonly Uri Second = new("http://second.invalid/tunnel");
    private TunnelTestHost _host = null!;
    private AddressedTransport _transport = null!;

    public async Task InitializeAsync() => _host = await TunnelTestHost.StartAsync<IEcho>(new EchoService());

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_call_waits_until_a_server_that_was_not_there_yet_has_come()
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
    public async Task Trying_ends_with_the_connect_timeout_and_with_what_was_tried_last()
    {
        await using TunnelClient client = await CreateAsync(o => o.ConnectTimeout = TimeSpan.FromMilliseconds(50));
        _transport.UnreachableHosts[First.Host] = true;

        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        failed.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldBe("nobody is at first.invalid.");
        await UntilAsync(() => client.State == TunnelClientState.Idle);
    }

    [Fact]
    public async Task Who_cannot_be_helped_by_trying_again_is_told_at_once()
    {
        await using TunnelClient client = await CreateAsync(o => o.Transports[0] = new GatedTransport("best", o.Transports[0]) { Refuses = true });

        await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        ((GatedTransport)_options.Transports[0]).Connects.ShouldBe(1);
    }

    [Fact]
    public async Task A_client_tries_its_addresses_in_order_and_stays_with_the_one_that_answers()
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
    public async Task After_the_end_of_a_session_another_server_is_tried_first()
    {
        await using TunnelClient client = await CreateAsync(o => o.FurtherAddresses.Add(Second));
        (await client.Get<IEcho>().EchoAsync("up").AsTask().DefaultTimeout()).ShouldBe("up");
        string session = client.SessionId.ShouldNotBeNull();

        await _host.Server.FindSession(session)!.Peer.CloseAsync(TunnelStatus.Unavailable, "It goes away.").DefaultTimeout();
        await UntilAsync(() => client.SessionId is { } id && id != session);

        client.Report!.Address.ShouldBe(Second);
    }

    [Fact]
    public async Task Addresses_are_resolved_anew_for_each_session_and_a_resolver_that_fails_is_asked_again()
    {
        int asked = 0;
        await using TunnelClient client = await CreateAsync(o => o.AddressResolver = _ => ++asked < 3
            ? throw new InvalidOperationException("No name server.")
            : ValueTask.FromResult<IReadOnlyList<Uri>>([Second]));

        await client.ConnectAsync().DefaultTimeout();

        asked.ShouldBe(3);
        client.Report!.Address.ShouldBe(Second);
    }

    [Fact]
    public async Task Addresses_that_are_chosen_by_chance_spread()
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
    public async Task Each_path_has_a_token_of_its_own_and_the_session_goes_on()
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
        _transport.RequestedEndpoints.Select(e => e.Headers.Single(h => h.Key == "Authorization").Value).ShouldBe(["Bearer token-1", "Bearer token-2"]);
    }

    [Fact]
    public async Task A_token_provider_that_fails_is_asked_again_and_nothing_of_a_bad_token_is_told()
    {
        int asked = 0;
        await using TunnelClient client = await CreateAsync(o => o.AccessTokenProvider = _ => ++asked switch
        {
            1 => throw new InvalidOperationException("No token service."),
            2 => ValueTask.FromResult<string?>("secret\r\nHost: evil"),
            _ => ValueTask.FromResult<string?>(null),
        });

        await client.ConnectAsync().DefaultTimeout();

        asked.ShouldBe(3);
        _transport.RequestedEndpoints.ShouldHaveSingleItem().Headers.ShouldNotContain(h => h.Key == "Authorization");
    }

    [Fact]
    public async Task States_are_told_in_order_and_a_handler_that_throws_stops_nothing()
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

            throw new InvalidOperationException("A handler's.");
        };
        client.State.ShouldBe(TunnelClientState.Idle);

        await client.ConnectAsync().DefaultTimeout();
        await DisconnectPathAsync(client);
        await client.DisposeAsync().DefaultTimeout();
        await closed.Task.DefaultTimeout();

        states.ShouldBe([TunnelClientState.Connecting, TunnelClientState.Connected, TunnelClientState.Resuming, TunnelClientState.Connected, TunnelClientState.Closed]);
    }

    [Fact]
    public async Task A_client_that_is_not_to_stay_connected_makes_its_next_session_for_the_next_call()
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
        // The host's first client knows the way; this one has its own options.
        ITransport? inner = null;
        await (await _host.ConnectAsync(o => inner = o.Transports[0])).DisposeAsync();
        _transport = new AddressedTransport(inner!);
        _options = new TunnelClientOptions { Address = First, ReconnectDelay = TimeSpan.FromMilliseconds(1), MaxReconnectDelay = TimeSpan.FromMilliseconds(20) };
        _options.Transports.Clear();
        _options.Transports.Add(_transport);
        configure?.Invoke(_options);
        return new TunnelClient(_options);
    }

    private async Task DisconnectPathAsync(TunnelClient client)
    {
        int asked = _transport.RequestedEndpoints.Count;
        await _transport.CutAsync();
        await UntilAsync(() => _transport.RequestedEndpoints.Count > asked && client.State == TunnelClientState.Connected);
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
