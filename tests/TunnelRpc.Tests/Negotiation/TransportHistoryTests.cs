using TunnelRpc.Client.Paths;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Negotiation;

public sealed class TransportHistoryTests
{
    private static readonly string[] Preferred = ["a", "b", "c"];
    private readonly FakeTimeProvider _time = new();
    private readonly TransportHistory _history;

    public TransportHistoryTests() => _history = new TransportHistory(_time);

    [Fact]
    public void Without_a_past_the_order_is_that_of_preference() => _history.GetStartOrder("home", Preferred).ShouldBe(Preferred);

    [Fact]
    public void The_last_winner_is_tried_first_for_half_an_hour()
    {
        _history.RecordSuccess("home", "c");

        _time.Advance(TransportHistory.WinnerLifetime - TimeSpan.FromSeconds(1));
        _history.GetStartOrder("home", Preferred).ShouldBe(["c", "a", "b"]);

        _time.Advance(TimeSpan.FromSeconds(1));
        _history.GetStartOrder("home", Preferred).ShouldBe(Preferred);
    }

    [Fact]
    public void What_failed_is_tried_last_for_five_minutes()
    {
        _history.RecordFailure("home", "a");

        _history.GetStartOrder("home", Preferred).ShouldBe(["b", "c", "a"]);
        _history.GetRemainingFailureTime("home", "a").ShouldBe(TransportHistory.FailureLifetime);

        _time.Advance(TransportHistory.FailureLifetime);
        _history.GetStartOrder("home", Preferred).ShouldBe(Preferred);
        _history.GetRemainingFailureTime("home", "a").ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_success_makes_up_for_a_failure()
    {
        _history.RecordFailure("home", "b");

        _history.RecordSuccess("home", "b");

        _history.GetRemainingFailureTime("home", "b").ShouldBe(TimeSpan.Zero);
        _history.GetStartOrder("home", Preferred).ShouldBe(["b", "a", "c"]);
    }

    [Fact]
    public void Another_network_or_proxy_begins_anew()
    {
        _history.RecordSuccess("home", "c");
        _history.RecordFailure("home", "a");

        _history.GetStartOrder("office", Preferred).ShouldBe(Preferred);
    }

    [Fact]
    public void It_is_bounded_and_forgets_the_way_that_was_used_longest_ago()
    {
        _history.RecordSuccess("first", "c");
        for (int i = 0; i < 31; i++)
        {
            _history.RecordSuccess($"way {i}", "b");
        }

        _history.GetStartOrder("first", Preferred).ShouldBe(["c", "a", "b"]);
        _history.RecordSuccess("one more", "b");

        _history.GetStartOrder("first", Preferred).ShouldBe(["c", "a", "b"]);
        _history.GetStartOrder("way 0", Preferred).ShouldBe(Preferred);
    }
}
