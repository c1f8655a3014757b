using TunnelRpc.Client.Paths;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>The start order of transports, after successes and failures on a route.</summary>
public sealed class TransportHistoryTests
{
    private static readonly string[] Preferred = ["a", "b", "c"];
    private readonly FakeTimeProvider _time = new();
    private readonly TransportHistory _history;

    public TransportHistoryTests() => _history = new TransportHistory(_time);

    [Fact]
    public void Start_order_without_history_is_the_order_of_preference() => _history.GetStartOrder("home", Preferred).ShouldBe(Preferred);

    [Fact]
    public void Last_winner_is_tried_first_for_half_an_hour()
    {
        _history.RecordSuccess("home", "c");

        _time.Advance(TransportHistory.WinnerLifetime - TimeSpan.FromSeconds(1));
        _history.GetStartOrder("home", Preferred).ShouldBe(["c", "a", "b"]);

        _time.Advance(TimeSpan.FromSeconds(1));
        _history.GetStartOrder("home", Preferred).ShouldBe(Preferred);
    }

    [Fact]
    public void Failed_transport_is_tried_last_for_five_minutes()
    {
        _history.RecordFailure("home", "a");

        _history.GetStartOrder("home", Preferred).ShouldBe(["b", "c", "a"]);
        _history.GetRemainingFailureTime("home", "a").ShouldBe(TransportHistory.FailureLifetime);

        _time.Advance(TransportHistory.FailureLifetime);
        _history.GetStartOrder("home", Preferred).ShouldBe(Preferred);
        _history.GetRemainingFailureTime("home", "a").ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Success_removes_an_earlier_failure()
    {
        _history.RecordFailure("home", "b");

        _history.RecordSuccess("home", "b");

        _history.GetRemainingFailureTime("home", "b").ShouldBe(TimeSpan.Zero);
        _history.GetStartOrder("home", Preferred).ShouldBe(["b", "a", "c"]);
    }

    [Fact]
    public void Transports_whose_responses_ask_to_wait_are_tried_after_the_others_until_one_succeeds()
    {
        _history.RecordDeferral("home", "a");
        _history.GetStartOrder("home", Preferred).ShouldBe(["b", "c", "a"]);

        _history.RecordDeferral("home", "b");
        _history.GetStartOrder("home", Preferred).ShouldBe(["c", "a", "b"]);

        _history.RecordDeferral("home", "c");
        _history.RecordDeferral("home", "a");
        _history.GetStartOrder("home", Preferred).ShouldBe(["b", "c", "a"]);

        _history.RecordSuccess("home", "a");
        _history.GetStartOrder("home", Preferred).ShouldBe(Preferred);
        _history.GetRemainingFailureTime("home", "b").ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Another_route_has_its_own_history()
    {
        _history.RecordSuccess("home", "c");
        _history.RecordFailure("home", "a");

        _history.GetStartOrder("office", Preferred).ShouldBe(Preferred);
    }

    [Fact]
    public void History_is_bounded_and_removes_the_least_recently_used_route()
    {
        _history.RecordSuccess("first", "c");
        for (int i = 0; i < 31; i++)
        {
            _history.RecordSuccess($"route {i}", "b");
        }

        _history.GetStartOrder("first", Preferred).ShouldBe(["c", "a", "b"]);
        _history.RecordSuccess("another", "b");

        _history.GetStartOrder("first", Preferred).ShouldBe(["c", "a", "b"]);
        _history.GetStartOrder("route 0", Preferred).ShouldBe(Preferred);
    }
}
