using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

public sealed class KeepAliveTests
{
    private readonly KeepAlive _keepAlive = new();

    [Fact]
    public void Idle_path_with_answered_pings_is_pinged_every_interval()
    {
        for (int i = 0; i < 20; i++)
        {
            _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);

            // The PONG.
            _keepAlive.OnBytesReceived();
        }
    }

    [Fact]
    public void Path_with_traffic_in_both_directions_is_not_pinged()
    {
        for (int i = 0; i < 20; i++)
        {
            _keepAlive.OnBytesReceived();
            _keepAlive.OnTrafficReceived();
            _keepAlive.OnTrafficSent();

            _keepAlive.OnInterval().ShouldBe(KeepAliveAction.None);
        }
    }

    [Fact]
    public void Path_with_traffic_in_one_direction_is_pinged()
    {
        _keepAlive.OnBytesReceived();
        _keepAlive.OnTrafficReceived();
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);

        _keepAlive.OnTrafficSent();
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
    }

    [Fact]
    public void Path_with_two_unanswered_pings_is_dead()
    {
        _keepAlive.OnTrafficSent();
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnTrafficSent();
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnTrafficSent();

        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Disconnect);
    }

    [Fact]
    public void Received_bytes_of_any_kind_reset_the_unanswered_pings()
    {
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnBytesReceived();

        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Disconnect);
    }

    [Fact]
    public void Path_with_a_shorter_interval_is_dead_after_more_pings()
    {
        var keepAlive = new KeepAlive(maxUnansweredPings: 7);

        for (int i = 0; i < 7; i++)
        {
            keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        }

        keepAlive.OnInterval().ShouldBe(KeepAliveAction.Disconnect);
    }
}
