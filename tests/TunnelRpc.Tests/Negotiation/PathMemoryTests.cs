using TunnelRpc.Client.Negotiation;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Negotiation;

public sealed class PathMemoryTests
{
    private static readonly string[] Preferred = ["a", "b", "c"];
    private readonly FakeTimeProvider _time = new();
    private readonly PathMemory _memory;

    public PathMemoryTests() => _memory = new PathMemory(_time);

    [Fact]
    public void Without_a_past_the_order_is_that_of_preference() => _memory.Order("home", Preferred).ShouldBe(Preferred);

    [Fact]
    public void The_last_winner_is_tried_first_for_half_an_hour()
    {
        _memory.Won("home", "c");

        _time.Advance(PathMemory.WinnerLife - TimeSpan.FromSeconds(1));
        _memory.Order("home", Preferred).ShouldBe(["c", "a", "b"]);

        _time.Advance(TimeSpan.FromSeconds(1));
        _memory.Order("home", Preferred).ShouldBe(Preferred);
    }

    [Fact]
    public void What_failed_is_tried_last_for_five_minutes()
    {
        _memory.Failed("home", "a");

        _memory.Order("home", Preferred).ShouldBe(["b", "c", "a"]);
        _memory.FailsFor("home", "a").ShouldBe(PathMemory.FailureLife);

        _time.Advance(PathMemory.FailureLife);
        _memory.Order("home", Preferred).ShouldBe(Preferred);
        _memory.FailsFor("home", "a").ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_success_makes_up_for_a_failure()
    {
        _memory.Failed("home", "b");

        _memory.Won("home", "b");

        _memory.FailsFor("home", "b").ShouldBe(TimeSpan.Zero);
        _memory.Order("home", Preferred).ShouldBe(["b", "a", "c"]);
    }

    [Fact]
    public void Another_network_or_proxy_begins_anew()
    {
        _memory.Won("home", "c");
        _memory.Failed("home", "a");

        _memory.Order("office", Preferred).ShouldBe(Preferred);
    }

    [Fact]
    public void It_is_bounded_and_forgets_the_way_that_was_used_longest_ago()
    {
        _memory.Won("first", "c");
        for (int i = 0; i < 31; i++)
        {
            _memory.Won($"way {i}", "b");
        }

        _memory.Order("first", Preferred).ShouldBe(["c", "a", "b"]);
        _memory.Won("one more", "b");

        _memory.Order("first", Preferred).ShouldBe(["c", "a", "b"]);
        _memory.Order("way 0", Preferred).ShouldBe(Preferred);
    }
}
