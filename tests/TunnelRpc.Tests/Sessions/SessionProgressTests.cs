using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

/// <summary>When a path counts as one on which nothing comes through.</summary>
public sealed class SessionProgressTests
{
    private static readonly SessionProgress Waiting = new(Epoch: 1, Acked: 10, AwaitsAck: true, AwaitsPong: false, Reads: 5, Received: 100);

    [Fact]
    public void A_path_on_which_nothing_is_acknowledged_is_stuck_though_something_else_comes()
    {
        SessionProgress now = Waiting with { Reads = 6 };

        now.IsStuckSince(Waiting).ShouldBeTrue();
    }

    [Fact]
    public void A_path_on_which_the_peers_data_comes_is_not_stuck_since_acknowledgements_may_wait_behind_it()
    {
        SessionProgress now = Waiting with { Reads = 6, Received = 101 };

        now.IsStuckSince(Waiting).ShouldBeFalse();
    }

    [Fact]
    public void A_path_that_acknowledges_is_not_stuck()
    {
        SessionProgress now = Waiting with { Acked = 11 };

        now.IsStuckSince(Waiting).ShouldBeFalse();
    }

    [Fact]
    public void A_path_on_which_a_ping_is_not_answered_is_stuck()
    {
        SessionProgress earlier = Waiting with { AwaitsAck = false, AwaitsPong = true };

        earlier.IsStuckSince(earlier).ShouldBeTrue();
    }
}
