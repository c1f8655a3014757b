using System.Globalization;
using System.Text.RegularExpressions;
using TunnelRpc.Client;
using TunnelRpc.Client.Paths;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>
/// A connected client that migrates to preferred transports and away from stalled paths, and resumes after a disconnection.
/// </summary>
public sealed class PathMonitorTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private GatedTransport _best = null!;
    private GatedTransport _plain = null!;
    private TunnelTestHost _host = null!;
    private TunnelClient _client = null!;

    public async Task InitializeAsync() =>
        _host = await TunnelTestHost.StartAsync<IEcho>(new EchoService(), options =>
        {
            options.TimeProvider = _time;
            options.ConfigureServer = server =>
            {
                // Fake time advances faster than the work completes.
                server.KeepAliveInterval = TimeSpan.FromHours(9);
                server.HandshakeTimeout = TimeSpan.FromHours(1);
                server.ResumeWindow = TimeSpan.FromDays(1);
            };
            options.ConfigureClient = client =>
                (client.KeepAliveInterval, client.ResumeWindow) = (TimeSpan.FromHours(9), TimeSpan.FromDays(1));
        });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Preferred_transport_that_was_not_ready_is_tried_again_at_once_and_used()
    {
        await ConnectAsync(best => best.Connecting.Close());
        string session = _client.SessionId.ShouldNotBeNull();
        _client.Report!.Attempts.Select(a => a.Outcome).ShouldBe([AttemptOutcome.Abandoned, AttemptOutcome.Won]);

        _best.Connecting.Open();
        await UntilAsync(() => _client.Transport == "best");

        _client.SessionId.ShouldBe(session);
        (await CallAsync("over the better path")).ShouldBe("over the better path");
        await UntilAsync(() => _client.Report!.Winner?.Transport == "best");
        PathAttempt plain = _client.Report!.Attempts[1];
        (plain.Outcome, plain.Reason).ShouldBe((
            AttemptOutcome.Superseded,
            "it carried the session until a preferred transport had a path; the session migrated to best."));
    }

    [Fact]
    public async Task Preferred_transport_that_refused_is_tried_again_after_five_minutes()
    {
        await ConnectAsync(best => best.Refuses = true);
        _best.Refuses = false;
        _time.Advance(TransportHistory.FailureLifetime - TimeSpan.FromMinutes(1));
        (await CallAsync("still there")).ShouldBe("still there");
        (_client.Transport, _best.Connects).ShouldBe(("plain", 1));

        _time.Advance(TimeSpan.FromMinutes(1));
        await UntilAsync(() => _client.Transport == "best");

        (await CallAsync("moved")).ShouldBe("moved");
        _best.Connects.ShouldBe(2);
    }

    [Fact]
    public async Task Preferred_transport_that_delivers_no_data_is_not_used()
    {
        await ConnectAsync(best => best.Writes.Close(), attemptTimeout: TimeSpan.FromSeconds(10));
        await UntilAsync(() => _best.Connects == 2);

        await UntilAsync(() => _client.Report!.Attempts[0].Outcome == AttemptOutcome.TimedOut);

        _client.Transport.ShouldBe("plain");
        _client.Report!.Attempts[0].Reason.ShouldContain("its handshake got no reply within 10 s (AttemptTimeout)");
        (await CallAsync("continues")).ShouldBe("continues");
    }

    [Fact]
    public async Task Call_on_a_stalled_path_completes_over_another_transport_and_the_session_returns_later()
    {
        await ConnectAsync();
        string session = _client.SessionId.ShouldNotBeNull();
        GatedTransport.Gate stalled = _best.Writes;
        _best.Writes = new GatedTransport.Gate();
        stalled.Close();

        Task<string> call = CallAsync("stuck");
        await UntilAsync(() => _client.Transport == "plain");

        (await call.DefaultTimeout()).ShouldBe("stuck");
        _client.SessionId.ShouldBe(session);
        await UntilAsync(() => _client.Report!.Winner?.Transport == "plain");
        PathAttempt best = _client.Report!.Attempts[0];
        best.Outcome.ShouldBe(AttemptOutcome.Stalled);

        // On a slow machine the fake time has advanced further by the time that the monitor looks.
        Match reason = Regex.Match(
            best.Reason, @"^it carried the session until it stalled for (\d+(?:\.\d+)?) s; the session migrated to plain\.$");
        reason.Success.ShouldBeTrue(best.Reason);
        double.Parse(reason.Groups[1].Value, CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(2);

        _time.Advance(TransportHistory.FailureLifetime);
        await UntilAsync(() => _client.Transport == "best");
        (await CallAsync("back")).ShouldBe("back");
        _client.SessionId.ShouldBe(session);
    }

    [Fact]
    public async Task Stalled_path_without_an_alternative_keeps_the_session()
    {
        await ConnectAsync();
        _plain.Refuses = true;
        _best.Writes.Close();
        Task<string> call = CallAsync("patient");
        int before = _plain.Connects;

        await UntilAsync(() => _plain.Connects > before);
        _best.Writes.Open();

        (await call.DefaultTimeout()).ShouldBe("patient");
        _client.Transport.ShouldBe("best");
    }

    [Fact]
    public async Task Idle_path_is_not_treated_as_stalled()
    {
        await ConnectAsync();
        (await CallAsync("one")).ShouldBe("one");

        for (int i = 0; i < 60; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await CallAsync("two")).ShouldBe("two");
        (_client.Transport, _plain.Connects).ShouldBe(("best", 0));
    }

    [Fact]
    public async Task Report_contains_why_the_path_was_disconnected()
    {
        await ConnectAsync(configure: options => (options.ResumeWindow, options.StayConnected) = (TimeSpan.Zero, false));
        (await CallAsync("there")).ShouldBe("there");

        // The acknowledgement of the reply is the last data that the client sends.
        await UntilAsync(() => _client.CurrentPeer!.Session.ReceivedUnacknowledgedBytes == 0);
        await ThreadPoolWork.RunQueuedAsync(20);
        _time.Advance(TimeSpan.FromSeconds(60));

        await _best.CutAsync();
        await UntilAsync(() => _client.Report!.Winner is null);

        PathAttempt best = _client.Report!.Attempts[0];
        best.Outcome.ShouldBe(AttemptOutcome.Disconnected);
        best.Reason.ShouldStartWith("it carried the session until the path was disconnected: ");
        best.Reason.ShouldContain("Nothing had been sent or received for 60 s: most likely an intermediary closes idle connections.");
        _client.Report!.ToString().ShouldStartWith("The path to http://in-memory.invalid/tunnel by best was disconnected.");
        (await CallAsync("again")).ShouldBe("again");
    }

    [Fact]
    public async Task Session_whose_path_is_disconnected_resumes_on_another_path_with_its_calls()
    {
        await ConnectAsync();
        string session = _client.SessionId.ShouldNotBeNull();
        var states = new List<TunnelClientState>();
        var resumed = new TaskCompletionSource();
        _client.StateChanged += (_, change) =>
        {
            if (change.Previous == TunnelClientState.Connecting)
            {
                // The change to Connected of the first connect attempt may be raised late.
                return;
            }

            states.Add(change.State);
            if (change.State == TunnelClientState.Connected)
            {
                resumed.SetResult();
            }
        };
        _best.Writes.Close();
        Task<string> call = CallAsync("in flight");
        _best.Writes = new GatedTransport.Gate();

        await _best.CutAsync();

        (await call.DefaultTimeout()).ShouldBe("in flight");
        await resumed.Task.DefaultTimeout();
        (_client.SessionId, _client.Transport, _best.Connects).ShouldBe((session, "best", 2));
        states.ShouldBe([TunnelClientState.Resuming, TunnelClientState.Connected]);
    }

    [Fact]
    public async Task Session_without_a_path_tries_with_growing_delays_until_it_resumes()
    {
        await ConnectAsync();
        string session = _client.SessionId.ShouldNotBeNull();
        (_best.Refuses, _plain.Refuses) = (true, true);
        await _best.CutAsync();
        Task<string> call = CallAsync("patient");
        await UntilAsync(() => _best.Connects >= 4);
        _client.State.ShouldBe(TunnelClientState.Resuming);

        _plain.Refuses = false;
        await UntilAsync(() => call.IsCompleted);

        (await call).ShouldBe("patient");
        (_client.SessionId, _client.Transport).ShouldBe((session, "plain"));
    }

    [Fact]
    public async Task Session_that_does_not_resume_within_ResumeWindow_is_replaced_and_its_calls_fail()
    {
        await ConnectAsync(configure: options => (options.RetryInterruptedCalls, options.ResumeWindow) = (false, TimeSpan.FromMinutes(2)));
        string session = _client.SessionId.ShouldNotBeNull();
        (_best.Refuses, _plain.Refuses) = (true, true);
        _best.Writes.Close();
        Task<string> call = CallAsync("interrupted");
        await _best.CutAsync();
        await UntilAsync(() => call.IsCompleted);
        TunnelException failed = await Should.ThrowAsync<TunnelException>(() => call);
        failed.Status.ShouldBe(TunnelStatus.Unavailable);
        failed.Message.ShouldContain("(ResumeWindow)");

        (_best.Refuses, _plain.Refuses) = (false, false);
        _best.Writes = new GatedTransport.Gate();
        await UntilAsync(() => _client.State == TunnelClientState.Connected);

        (await CallAsync("next")).ShouldBe("next");
        _client.SessionId.ShouldNotBe(session);
    }

    [Fact]
    public async Task Session_that_the_server_does_not_know_ends_and_is_replaced()
    {
        await ConnectAsync();
        string session = _client.SessionId.ShouldNotBeNull();
        _host.Server.FindSession(session)!.Peer.Session.Paths.Current.Stop();
        await UntilAsync(() => _client.State == TunnelClientState.Connected && _best.Connects == 2);
        _client.SessionId.ShouldBe(session);
        _best.Refuses = true;
        _plain.Refuses = true;
        await _best.CutAsync();
        _host.Server.FindSession(session)!.Peer.Session.End(new TunnelException(TunnelStatus.Unavailable, "Restarted."));
        await UntilAsync(() => _host.Server.SessionIds.All(id => id != session));

        (_best.Refuses, _plain.Refuses) = (false, false);
        await UntilAsync(() => _client.SessionId is { } id && id != session);

        (await CallAsync("anew")).ShouldBe("anew");
    }

    [Fact]
    public async Task Session_of_a_restarted_server_is_replaced_on_the_connection_that_found_the_restart()
    {
        await ConnectAsync();
        string session = _client.SessionId.ShouldNotBeNull();
        _plain.Refuses = true;
        _best.ServerInstance = Guid.NewGuid();

        await _best.CutAsync();

        // The clock stands still: nothing waits for a delay, and the connection does not expire.
        await UntilAsync(() => _client.SessionId is { } id && id != session, step: TimeSpan.Zero);

        (await CallAsync("anew")).ShouldBe("anew");
        (_client.Transport, _best.Connects).ShouldBe(("best", 2));
    }

    [Fact]
    public async Task Idle_session_adds_only_the_timers_of_its_keepalive()
    {
        await ConnectAsync();
        (await CallAsync("first")).ShouldBe("first");
        await UntilAsync(() => _client.CurrentPeer is { Session.IsAwaitingPeer: false, Session.ReceivedUnacknowledgedBytes: 0 });
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        int before = _time.ActiveTimers;

        await ConnectAsync();
        (await CallAsync("second")).ShouldBe("second");

        // One on each side. The checks of all paths share one timer.
        await UntilAsync(() => _time.ActiveTimers == before + 2);
    }

    [Fact]
    public async Task Machine_that_slept_detects_a_dead_path_at_once()
    {
        var clock = new SleepingClock(_time);
        await ConnectAsync(configure: options => options.TimeProvider = clock);
        string session = _client.SessionId.ShouldNotBeNull();
        await AdvanceAsync(TimeSpan.FromSeconds(2));
        GatedTransport.Gate dead = _best.Writes;
        _best.Writes = new GatedTransport.Gate();
        dead.Close();

        // No call runs, and the next keepalive ping is due in hours.
        clock.Sleep(TimeSpan.FromHours(8));
        await UntilAsync(() => _client.Transport == "plain");

        (await CallAsync("awake")).ShouldBe("awake");
        _client.SessionId.ShouldBe(session);
    }

    [Fact]
    public async Task Machine_that_slept_keeps_a_path_that_still_works()
    {
        var clock = new SleepingClock(_time);
        await ConnectAsync(configure: options => options.TimeProvider = clock);
        string session = _client.SessionId.ShouldNotBeNull();
        await AdvanceAsync(TimeSpan.FromSeconds(2));

        clock.Sleep(TimeSpan.FromHours(8));
        await AdvanceAsync(TimeSpan.FromSeconds(10));

        (await CallAsync("awake")).ShouldBe("awake");
        (_client.SessionId, _client.Transport, _best.Connects, _plain.Connects).ShouldBe((session, "best", 1, 0));
    }

    [Fact]
    public async Task Dispose_cancels_a_background_migration()
    {
        await ConnectAsync(best => best.Connecting.Close());
        await UntilAsync(() => _best.Connects == 2);

        await _client.DisposeAsync().DefaultTimeout();

        _client.IsConnected.ShouldBeFalse();
    }

    /// <summary>
    /// Connects the client. With <paramref name="prepare"/>, which makes the best transport unusable, advances the fake time until the
    /// plain one connects.
    /// </summary>
    private async Task ConnectAsync(
        Action<GatedTransport>? prepare = null, TimeSpan? attemptTimeout = null, Action<TunnelClientOptions>? configure = null)
    {
        Task<TunnelClient> connecting = _host.ConnectAsync(options =>
        {
            options.AttemptTimeout = attemptTimeout ?? TimeSpan.FromHours(1);
            options.PreferenceGrace = TimeSpan.FromMilliseconds(1);
            ITransport inner = options.Transports[0];
            _best = new GatedTransport("best", inner);
            _plain = new GatedTransport("plain", inner);
            prepare?.Invoke(_best);
            options.Transports.Clear();
            options.Transports.Add(_best);
            options.Transports.Add(_plain);
            configure?.Invoke(options);
        });
        if (prepare is not null)
        {
            await UntilAsync(() => connecting.IsCompleted);
        }

        _client = await connecting.DefaultTimeout();
    }

    private Task<string> CallAsync(string text) => _client.Get<IEcho>().EchoAsync(text).AsTask().DefaultTimeout();

    /// <summary>Advances the fake time in small steps.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(100))
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await ThreadPoolWork.RunQueuedAsync(20);
        }
    }

    /// <summary>Advances the fake time in small steps until the condition is true.</summary>
    private async Task UntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (!condition())
        {
            guard.Token.ThrowIfCancellationRequested();
            _time.Advance(step ?? TimeSpan.FromMilliseconds(100));
            await ThreadPoolWork.RunQueuedAsync(10);
        }
    }
}
