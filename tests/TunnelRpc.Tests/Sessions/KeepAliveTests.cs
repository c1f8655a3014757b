using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

public sealed class KeepAliveTests
{
    private readonly KeepAlive _keepAlive = new();

    [Fact]
    public void An_idle_path_whose_pings_are_answered_is_pinged_every_interval()
    {
        for (int i = 0; i < 20; i++)
        {
            _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);

            // The PONG.
            _keepAlive.OnBytesReceived();
        }
    }

    [Fact]
    public void Traffic_both_ways_needs_no_ping()
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
    public void Traffic_one_way_is_no_proof_of_the_other()
    {
        _keepAlive.OnBytesReceived();
        _keepAlive.OnTrafficReceived();
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);

        _keepAlive.OnTrafficSent();
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
    }

    [Fact]
    public void The_path_is_dead_when_two_pings_were_not_answered()
    {
        _keepAlive.OnTrafficSent();
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnTrafficSent();
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnTrafficSent();

        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Disconnect);
    }

    [Fact]
    public void Whatever_is_heard_proves_that_the_path_lives()
    {
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnBytesReceived();

        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        _keepAlive.OnInterval().ShouldBe(KeepAliveAction.Disconnect);
    }

    [Fact]
    public void A_path_that_is_pinged_more_often_is_not_dead_any_sooner()
    {
        var keepAlive = new KeepAlive(maxUnansweredPings: 7);

        for (int i = 0; i < 7; i++)
        {
            keepAlive.OnInterval().ShouldBe(KeepAliveAction.Ping);
        }

        keepAlive.OnInterval().ShouldBe(KeepAliveAction.Disconnect);
    }
}
