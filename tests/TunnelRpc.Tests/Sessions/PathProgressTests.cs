using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

/// <summary>The detection of a stalled path.</summary>
public sealed class PathProgressTests
{
    private static readonly PathProgress Waiting =
        new(Epoch: 1, AcknowledgedOffset: 10, IsAwaitingAck: true, IsAwaitingPong: false, ReadCount: 5, ReceivedOffset: 100);

    [Fact]
    public void Path_without_acknowledgement_is_stalled_although_other_records_are_received()
    {
        PathProgress now = Waiting with { ReadCount = 6 };

        now.IsStalledSince(Waiting).ShouldBeTrue();
    }

    [Fact]
    public void Path_that_receives_data_is_not_stalled_since_acknowledgements_may_be_queued_after_it()
    {
        PathProgress now = Waiting with { ReadCount = 6, ReceivedOffset = 101 };

        now.IsStalledSince(Waiting).ShouldBeFalse();
    }

    [Fact]
    public void Path_with_a_new_acknowledgement_is_not_stalled()
    {
        PathProgress now = Waiting with { AcknowledgedOffset = 11 };

        now.IsStalledSince(Waiting).ShouldBeFalse();
    }

    [Fact]
    public void Path_with_an_unanswered_ping_is_stalled()
    {
        PathProgress earlier = Waiting with { IsAwaitingAck = false, IsAwaitingPong = true };

        earlier.IsStalledSince(earlier).ShouldBeTrue();
    }
}
