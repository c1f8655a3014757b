using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

/// <summary>When a path counts as one on which nothing comes through.</summary>
public sealed class SessionProgressTests
{
    private static readonly PathProgress Waiting = new(Epoch: 1, AcknowledgedOffset: 10, IsAwaitingAck: true, IsAwaitingPong: false, ReadCount: 5, ReceivedOffset: 100);

    [Fact]
    public void A_path_on_which_nothing_is_acknowledged_is_stuck_though_something_else_comes()
    {
        PathProgress now = Waiting with { ReadCount = 6 };

        now.IsStalledSince(Waiting).ShouldBeTrue();
    }

    [Fact]
    public void A_path_on_which_the_peers_data_comes_is_not_stuck_since_acknowledgements_may_wait_behind_it()
    {
        PathProgress now = Waiting with { ReadCount = 6, ReceivedOffset = 101 };

        now.IsStalledSince(Waiting).ShouldBeFalse();
    }

    [Fact]
    public void A_path_that_acknowledges_is_not_stuck()
    {
        PathProgress now = Waiting with { AcknowledgedOffset = 11 };

        now.IsStalledSince(Waiting).ShouldBeFalse();
    }

    [Fact]
    public void A_path_on_which_a_ping_is_not_answered_is_stuck()
    {
        PathProgress earlier = Waiting with { IsAwaitingAck = false, IsAwaitingPong = true };

        earlier.IsStalledSince(earlier).ShouldBeTrue();
    }
}
