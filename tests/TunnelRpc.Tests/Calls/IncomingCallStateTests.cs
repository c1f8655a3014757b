using TunnelRpc.Calls;

namespace TunnelRpc.Tests.Calls;

/// <summary>The transition table of <see cref="IncomingCallState"/>: every row, and every pair of events that race.</summary>
public sealed class IncomingCallStateTests
{
    private const int Races = 20_000;

    [Fact]
    public void Pending_call_starts()
    {
        var state = default(IncomingCallState);

        state.TryStart().ShouldBeTrue();
    }

    [Fact]
    public void Pending_call_is_cancelled_before_start_once_and_does_not_start()
    {
        var state = default(IncomingCallState);

        state.TryCancelBeforeStart().ShouldBeTrue();
        state.TryCancelBeforeStart().ShouldBeFalse("one thread releases the permit");
        state.TryStart().ShouldBeFalse();
    }

    [Fact]
    public void Running_call_is_not_cancelled_before_start()
    {
        var state = default(IncomingCallState);
        state.TryStart();

        state.TryCancelBeforeStart().ShouldBeFalse();
    }

    [Fact]
    public void Reply_in_fragments_starts_once_and_excludes_a_failure()
    {
        var state = default(IncomingCallState);

        state.TryStartReply().ShouldBeTrue();
        state.TryStartReply().ShouldBeFalse();
        state.TryFailEarly().ShouldBeFalse();
    }

    [Fact]
    public void Early_failure_may_repeat_and_excludes_a_reply_in_fragments()
    {
        var state = default(IncomingCallState);

        state.TryFailEarly().ShouldBeTrue();
        state.TryFailEarly().ShouldBeTrue("the deadline and the release of the reference may both fail the call");
        state.TryStartReply().ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parts_do_not_affect_each_other(bool isCancelledBeforeStart)
    {
        var state = default(IncomingCallState);

        (isCancelledBeforeStart ? state.TryCancelBeforeStart() : state.TryStart()).ShouldBeTrue();
        state.TryFailEarly().ShouldBeTrue();

        state.TryStart().ShouldBe(!isCancelledBeforeStart);
        state.TryStartReply().ShouldBeFalse();
    }

    [Fact]
    public void Next_use_starts_from_the_initial_state()
    {
        var state = default(IncomingCallState);
        state.TryStart();
        state.TryStartReply();

        state = default;

        state.TryCancelBeforeStart().ShouldBeTrue();
        state.TryFailEarly().ShouldBeTrue();
    }

    [Fact]
    public void Start_races_with_cancel_and_one_wins() => Race(
        (ref IncomingCallState state) => state.TryStart(),
        (ref IncomingCallState state) => state.TryCancelBeforeStart(),
        (started, cancelled) => started.ShouldBe(!cancelled));

    [Fact]
    public void Reply_races_with_failure_and_one_wins() => Race(
        (ref IncomingCallState state) => state.TryStartReply(),
        (ref IncomingCallState state) => state.TryFailEarly(),
        (replied, failed) => replied.ShouldBe(!failed));

    [Fact]
    public void Events_of_different_parts_race_and_both_win() => Race(
        (ref IncomingCallState state) => state.TryStart(),
        (ref IncomingCallState state) => state.TryStartReply(),
        (started, replied) => (started, replied).ShouldBe((true, true)));

    private delegate bool Event(ref IncomingCallState state);

    /// <summary>Two threads raise one event each on the same state, many times.</summary>
    private static void Race(Event first, Event second, Action<bool, bool> verify)
    {
        var states = new IncomingCallState[Races];
        bool[] outcomes = new bool[Races];
        using var start = new Barrier(2);
        var other = new Thread(() =>
        {
            start.SignalAndWait();
            for (int i = 0; i < Races; i++)
            {
                outcomes[i] = second(ref states[i]);
            }
        });
        other.Start();
        bool[] own = new bool[Races];
        start.SignalAndWait();
        for (int i = 0; i < Races; i++)
        {
            own[i] = first(ref states[i]);
        }

        other.Join();
        for (int i = 0; i < Races; i++)
        {
            verify(own[i], outcomes[i]);
        }
    }
}
