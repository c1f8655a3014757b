using TunnelRpc.Multiplexing;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class IncomingCallLimiterTests
{
    [Fact]
    public void A_nested_call_that_runs_takes_no_room_of_the_others()
    {
        // The peer has sent a large call and, behind it, one that is nested in a call of this side, which was whole first.
        var running = new IncomingCallLimiter(limit: 1);
        running.TryAcquire(mayBeNested: true).ShouldBeTrue();
        running.AddNested();

        bool added = running.TryAcquire(mayBeNested: false);

        added.ShouldBeTrue();
        running.IsOverLimit.ShouldBeFalse();
        running.TryAcquire(mayBeNested: false).ShouldBeFalse("that would be two, with a limit of one");
    }

    [Fact]
    public void Calls_that_are_nested_and_others_are_twice_the_limit_at_most()
    {
        var running = new IncomingCallLimiter(limit: 2);
        for (int i = 0; i < 4; i++)
        {
            running.TryAcquire(mayBeNested: true).ShouldBeTrue();
            running.AddNested();
        }

        running.TryAcquire(mayBeNested: true).ShouldBeFalse();
        running.TryAcquire(mayBeNested: false).ShouldBeFalse();

        running.Release(isNested: true);
        running.TryAcquire(mayBeNested: false).ShouldBeTrue();
        running.IsOverLimit.ShouldBeFalse();
    }

    [Fact]
    public void A_call_that_its_caller_gave_up_takes_no_room_while_it_is_removed()
    {
        var running = new IncomingCallLimiter(limit: 1);
        running.TryAcquire(mayBeNested: false).ShouldBeTrue();
        running.AddAbandoned();
        running.TryAcquire(mayBeNested: false).ShouldBeTrue();

        // The second one's caller gives up, too: at most one is forgiven.
        running.AddAbandoned();
        running.TryAcquire(mayBeNested: false).ShouldBeFalse();

        running.Release(isNested: false);
        running.TryAcquire(mayBeNested: false).ShouldBeTrue();
        running.RemoveAbandoned();
        running.IsOverLimit.ShouldBeFalse();
    }
}
