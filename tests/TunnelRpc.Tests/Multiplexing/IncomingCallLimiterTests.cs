using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class IncomingCallLimiterTests
{
    private readonly List<(int Count, long Bytes)> _reports = [];

    [Fact]
    public void Nested_call_uses_no_permit_of_other_calls()
    {
        // The peer has sent a large call and after it a call that is nested in one of this side; the nested one was complete first.
        IncomingCallLimiter limiter = Create(limit: 1);
        limiter.TryAcquire(mayBeNested: true, isOneWay: false, out IncomingCallLimiter.Permit nested, out _).ShouldBeTrue();
        nested.MarkNested();

        bool acquired = limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _);

        acquired.ShouldBeTrue();
        limiter.IsOverLimit.ShouldBeFalse();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeFalse("that would be two, with a limit of one");
    }

    [Fact]
    public void Nested_and_other_calls_are_bounded()
    {
        IncomingCallLimiter limiter = Create(limit: 100);
        var permits = new IncomingCallLimiter.Permit[1700];
        for (int i = 0; i < permits.Length; i++)
        {
            limiter.TryAcquire(mayBeNested: true, isOneWay: false, out permits[i], out _).ShouldBeTrue();
            permits[i].MarkNested();
        }

        limiter.TryAcquire(mayBeNested: true, isOneWay: false, out _, out _).ShouldBeFalse();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeFalse();

        permits[0].Dispose();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeTrue();
        limiter.IsOverLimit.ShouldBeFalse();
    }

    [Fact]
    public void Abandoned_call_uses_no_permit_until_it_is_released()
    {
        IncomingCallLimiter limiter = Create(limit: 1);
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out IncomingCallLimiter.Permit first, out _).ShouldBeTrue();
        first.Abandon();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out IncomingCallLimiter.Permit second, out _).ShouldBeTrue();

        // The second call is abandoned, too: the allowance is at most the limit, which is one.
        second.Abandon();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeFalse();

        first.Dispose();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeTrue();
        second.Dispose();
        limiter.IsOverLimit.ShouldBeFalse();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeFalse("no call is abandoned any more");
    }

    [Fact]
    public void Permit_disposed_twice_is_released_once()
    {
        IncomingCallLimiter limiter = Create(limit: 4);
        limiter.TryAcquire(mayBeNested: true, isOneWay: true, out IncomingCallLimiter.Permit permit, out _).ShouldBeTrue();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeTrue();
        permit.MarkNested();
        permit.Abandon();

        permit.Dispose();
        permit.Dispose();
        permit.Abandon();

        limiter.Count.ShouldBe(1);
        _reports.ShouldBe([(1, 0)]);
        for (int i = 0; i < 3; i++)
        {
            limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeTrue();
        }

        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeFalse(
            "neither a nested nor an abandoned call is deducted any more");
    }

    [Fact]
    public void Permit_abandoned_twice_is_deducted_once()
    {
        IncomingCallLimiter limiter = Create(limit: 2);
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out IncomingCallLimiter.Permit permit, out _).ShouldBeTrue();
        permit.Abandon();
        permit.Abandon();

        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeTrue();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeTrue();

        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Moved_permit_is_released_by_its_new_owner_only()
    {
        IncomingCallLimiter limiter = Create(limit: 1);
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out IncomingCallLimiter.Permit reader, out _).ShouldBeTrue();
        IncomingCallLimiter.Permit call = reader.Move();

        reader.Dispose();
        limiter.Count.ShouldBe(1);
        call.Dispose();

        limiter.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Permit_disposed_and_abandoned_by_many_threads_leaves_no_count()
    {
        IncomingCallLimiter limiter = Create(limit: 1);
        for (int i = 0; i < 200; i++)
        {
            var permits = new IncomingCallLimiter.Permit[1];
            limiter.TryAcquire(mayBeNested: false, isOneWay: false, out permits[0], out _).ShouldBeTrue($"round {i}");

            await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() =>
            {
                if (n % 2 == 0)
                {
                    permits[0].Abandon();
                }
                else
                {
                    permits[0].Dispose();
                }
            }))).DefaultTimeout();

            limiter.Count.ShouldBe(0);
        }

        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeTrue();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeFalse("no call is deducted any more");
    }

    [Fact]
    public void Ended_one_way_calls_are_reported_a_quarter_of_the_limit_at_a_time_and_at_once_while_draining()
    {
        IncomingCallLimiter limiter = Create(limit: 8);
        var permits = new IncomingCallLimiter.Permit[5];
        for (int i = 0; i < permits.Length; i++)
        {
            limiter.TryAcquire(mayBeNested: false, isOneWay: true, out permits[i], out _).ShouldBeTrue();
        }

        permits[0].Dispose();
        _reports.ShouldBeEmpty();
        permits[1].Dispose();
        permits[2].Dispose();
        _reports.ShouldBe([(2, 0)]);
        limiter.ReportOneWaysImmediately();
        _reports.ShouldBe([(2, 0), (1, 0)]);
        permits[3].Dispose();
        limiter.OnOneWayEnded(0);

        _reports.ShouldBe([(2, 0), (1, 0), (1, 0), (1, 0)]);
    }

    [Fact]
    public void Arguments_of_one_way_calls_are_reported_with_them_and_at_once_from_a_quarter_of_their_limit_on()
    {
        IncomingCallLimiter limiter = Create(limit: 800);
        limiter.TryAcquire(mayBeNested: false, isOneWay: true, out IncomingCallLimiter.Permit small, out _).ShouldBeTrue();
        limiter.TryAcquire(mayBeNested: false, isOneWay: true, out IncomingCallLimiter.Permit large, out _).ShouldBeTrue();
        small.SetMessageSize(1023);
        large.SetMessageSize(1024);

        small.Dispose();
        _reports.ShouldBeEmpty();
        large.Dispose();

        _reports.ShouldBe([(2, 1024)]);
    }

    [Fact]
    public void Arguments_count_until_the_permit_is_released_and_not_once_the_call_is_abandoned()
    {
        IncomingCallLimiter limiter = Create(limit: 8);
        var permits = new IncomingCallLimiter.Permit[3];
        for (int i = 0; i < permits.Length; i++)
        {
            limiter.TryAcquire(mayBeNested: false, isOneWay: false, out permits[i], out _).ShouldBeTrue();
            permits[i].SetMessageSize(3000);
        }

        // The limit and one message are 5,024 bytes.
        (limiter.AreArgumentsBeyondLimit(3000), limiter.AreArgumentsBeyondLimit(4000)).ShouldBe((true, false));
        permits[0].Abandon();
        (limiter.AreArgumentsBeyondLimit(3000), limiter.AreArgumentsBeyondLimit(0)).ShouldBe((false, true));
        permits[1].MarkNested();
        limiter.AreArgumentsBeyondLimit(0).ShouldBeFalse();
        permits[0].Dispose();
        permits[1].Dispose();
        limiter.AreArgumentsBeyondLimit(0).ShouldBeFalse();
        permits[2].Dispose();
    }

    private IncomingCallLimiter Create(int limit) => new(
        new TunnelLimits { MaxConcurrentCalls = limit, MaxPendingCallBytes = 4000, MaxMessageSize = 1024 },
        memory: null,
        (count, bytes) => _reports.Add((count, bytes)));
}
