using TunnelRpc.Client;
using TunnelRpc.Client.Connecting;

namespace TunnelRpc.Tests.Connecting;

/// <summary>The decisions of a connector, without network and without clock: the test passes the current time.</summary>
public sealed class ConnectorStateTests
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(15);

    private readonly TunnelClientOptions _options = new()
    {
        ReconnectDelay = Least,
        MaxReconnectDelay = Most,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        Random = new Random(3),
    };

    private readonly ConnectorState _state;
    private TimeSpan _now = TimeSpan.FromHours(1);

    public ConnectorStateTests() => _state = new ConnectorState(_options);

    private ConnectorAction Action => _state.Decide(_now).Action;

    [Fact]
    public void New_connector_waits_for_demand() => Action.ShouldBe(ConnectorAction.WaitForDemand);

    [Fact]
    public void First_waiter_starts_an_attempt_at_once()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);

        Action.ShouldBe(ConnectorAction.StartAttempt);
    }

    [Fact]
    public void KeepConnected_starts_an_attempt_without_a_waiter()
    {
        _state.OnKeepConnected();

        Action.ShouldBe(ConnectorAction.StartAttempt);
    }

    [Fact]
    public void Decide_changes_nothing()
    {
        _state.OnWaiterAdded(_now, skipDelay: true);

        _state.Decide(_now).ShouldBe(_state.Decide(_now));
        Action.ShouldBe(ConnectorAction.StartAttempt);
    }

    [Fact]
    public void Attempt_continues_while_one_of_two_waiters_remains()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);
        _state.OnAttemptStarted();
        _state.OnWaiterAdded(_now, skipDelay: false);
        Action.ShouldBe(ConnectorAction.ContinueAttempt);

        _state.OnWaiterRemoved();
        Action.ShouldBe(ConnectorAction.ContinueAttempt);

        _state.OnWaiterRemoved();
        Action.ShouldBe(ConnectorAction.CancelAttempt);
    }

    [Fact]
    public void Attempt_without_waiters_continues_when_the_client_keeps_connected()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);
        _state.OnKeepConnected();
        _state.OnAttemptStarted();
        _state.OnWaiterRemoved();

        Action.ShouldBe(ConnectorAction.ContinueAttempt);
    }

    [Fact]
    public void Cancelled_attempt_waits_for_demand_and_delays_nothing()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);
        _state.OnAttemptStarted();
        _state.OnWaiterRemoved();
        _state.OnAttemptCancelled();
        Action.ShouldBe(ConnectorAction.WaitForDemand);

        _state.OnWaiterAdded(_now, skipDelay: false);

        Action.ShouldBe(ConnectorAction.StartAttempt);
    }

    [Fact]
    public void Failed_attempt_is_repeated_after_the_delay_that_it_returned()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);
        TimeSpan delay = FailAttempt();
        delay.ShouldBeInRange(Least, Least * 3);

        ConnectorDecision decision = _state.Decide(_now);
        decision.Action.ShouldBe(ConnectorAction.WaitForDelay);
        decision.Delay.ShouldBe(TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds)));

        _now += delay - TimeSpan.FromTicks(1);
        _state.Decide(_now).ShouldBe(new ConnectorDecision(ConnectorAction.WaitForDelay, TimeSpan.FromMilliseconds(1)));
        _now += TimeSpan.FromTicks(1);
        Action.ShouldBe(ConnectorAction.StartAttempt);
    }

    [Fact]
    public void Failed_attempt_without_demand_waits_for_demand()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);
        FailAttempt();

        _state.OnWaiterRemoved();

        Action.ShouldBe(ConnectorAction.WaitForDemand);
    }

    [Fact]
    public void Delays_after_failures_stay_within_the_options()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);

        for (int i = 0; i < 100; i++)
        {
            TimeSpan delay = FailAttempt();
            delay.ShouldBeInRange(Least, Most);
            _now += delay;
        }
    }

    [Fact]
    public void RetryAfter_of_the_server_replaces_a_shorter_delay()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);

        FailAttempt(retryAfter: TimeSpan.FromSeconds(14)).ShouldBe(TimeSpan.FromSeconds(14));
    }

    [Theory, InlineData(16), InlineData(3600), InlineData(uint.MaxValue)]
    public void MaxReconnectDelay_limits_the_RetryAfter_of_the_server(uint seconds)
    {
        _state.OnWaiterAdded(_now, skipDelay: false);

        FailAttempt(retryAfter: TimeSpan.FromSeconds(seconds)).ShouldBe(Most);

        _now += Most;
        Action.ShouldBe(ConnectorAction.StartAttempt);
    }

    [Fact]
    public void Waiter_that_skips_the_delay_starts_one_attempt_at_once()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);
        FailAttempt();
        Action.ShouldBe(ConnectorAction.WaitForDelay);

        _state.OnWaiterAdded(_now, skipDelay: true);
        Action.ShouldBe(ConnectorAction.StartAttempt);

        FailAttempt();
        Action.ShouldBe(ConnectorAction.WaitForDelay);
    }

    [Fact]
    public void Waiter_that_skips_the_delay_during_an_attempt_waits_for_that_attempt()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);
        _state.OnAttemptStarted();
        _state.OnWaiterAdded(_now, skipDelay: true);

        _state.OnAttemptFailed(_now, TimeSpan.Zero);

        Action.ShouldBe(ConnectorAction.WaitForDelay);
    }

    [Fact]
    public void Waiter_whose_timeout_ends_before_the_next_attempt_gets_an_attempt_at_once()
    {
        _options.ConnectTimeout = TimeSpan.FromSeconds(10);
        _state.OnWaiterAdded(_now, skipDelay: false);
        FailAttempt(retryAfter: TimeSpan.FromMinutes(2));

        _state.OnWaiterAdded(_now, skipDelay: false);

        Action.ShouldBe(ConnectorAction.StartAttempt);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Session_is_kept_until_it_is_replaced_and_replaced_by_itself_only_with_StayConnected(bool stayConnected)
    {
        _options.StayConnected = stayConnected;
        Connect();
        _state.OnWaiterRemoved();
        _now += TimeSpan.FromDays(1);
        Action.ShouldBe(ConnectorAction.KeepSession);

        _state.OnSessionReplaced(_now);

        Action.ShouldBe(stayConnected ? ConnectorAction.StartAttempt : ConnectorAction.WaitForDemand);
    }

    [Fact]
    public void First_short_lived_session_is_replaced_at_once_and_the_next_ones_after_a_delay()
    {
        Connect();
        _state.OnSessionReplaced(_now);
        Action.ShouldBe(ConnectorAction.StartAttempt);

        Connect();
        _state.OnSessionReplaced(_now);
        _state.Decide(_now).Action.ShouldBe(ConnectorAction.WaitForDelay);
        _state.Decide(_now).Delay.ShouldBeInRange(Least, Least * 3 + TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Session_that_lived_for_MaxReconnectDelay_ends_the_series_of_short_lived_sessions()
    {
        for (int i = 0; i < 5; i++)
        {
            Connect();
            _state.OnSessionReplaced(_now);
            _now += Most;
        }

        Connect();
        _now += Most;
        _state.OnSessionReplaced(_now);

        Action.ShouldBe(ConnectorAction.StartAttempt);
    }

    [Theory]
    [InlineData(true, 0, 200, false)]
    [InlineData(true, 29_700, 200, false)]
    [InlineData(true, 29_800, 200, true)]
    [InlineData(false, 0, 200, true)]
    public void Failed_attempt_is_final_when_retrying_cannot_help_or_comes_too_late(
        bool isTransient, int waitedMs, int delayMs, bool expected)
    {
        var report = new PathReport(new Uri("http://first.invalid/"), null, [], TimeSpan.Zero);
        var attempt = new ConnectAttempt(
            new TunnelConnectException(report, null) { IsTransient = isTransient }, TimeSpan.FromMilliseconds(delayMs));

        attempt.IsFinal(TimeSpan.FromMilliseconds(waitedMs), TimeSpan.FromSeconds(30)).ShouldBe(expected);
    }

    [Fact]
    public void Successful_attempt_is_not_final() =>
        new ConnectAttempt(null, TimeSpan.Zero).IsFinal(TimeSpan.FromHours(1), TimeSpan.Zero).ShouldBeFalse();

    private void Connect()
    {
        _state.OnWaiterAdded(_now, skipDelay: false);
        _state.OnAttemptStarted();
        _state.OnAttemptSucceeded(_now);
    }

    private TimeSpan FailAttempt(TimeSpan retryAfter = default)
    {
        _state.OnAttemptStarted();
        return _state.OnAttemptFailed(_now, retryAfter);
    }
}
