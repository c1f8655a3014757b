using TunnelRpc.Calls;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>Calls to several targets, some of which fail.</summary>
public sealed class BroadcastInvokerTests
{
    [Fact]
    public async Task One_way_call_ignores_sessions_that_have_ended()
    {
        var here = new CountingInvoker();
        BroadcastInvoker all = To(Failing(TunnelStatus.Unavailable), here, Failing(TunnelStatus.Unavailable));

        await all.InvokeOneWayAsync(IProbe.WaitOneWay, default, CancellationToken.None).DefaultTimeout();

        here.Sent.ShouldBe(1);
    }

    [Fact]
    public async Task One_way_call_that_is_refused_for_another_reason_fails_after_all_targets_were_called()
    {
        var here = new CountingInvoker();
        BroadcastInvoker all = To(Failing(TunnelStatus.ResourceExhausted), here);

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => all.InvokeOneWayAsync(IProbe.WaitOneWay, default, CancellationToken.None).DefaultTimeout());

        (error.Status, here.Sent).ShouldBe((TunnelStatus.ResourceExhausted, 1));
    }

    [Fact]
    public async Task Unary_call_to_an_ended_session_fails_after_all_targets_were_called()
    {
        var here = new CountingInvoker();
        BroadcastInvoker all = To(Failing(TunnelStatus.Unavailable), here);

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => all.InvokeVoidAsync(IProbe.Wait, default, CancellationToken.None).DefaultTimeout());

        (error.Status, here.Called).ShouldBe((TunnelStatus.Unavailable, 1));
        error.Failures.Keys.ShouldBe(["0"]);
    }

    [Fact]
    public async Task Target_that_throws_synchronously_does_not_stop_calls_to_the_others()
    {
        var here = new CountingInvoker();
        BroadcastInvoker all = To(new CountingInvoker { Throws = new InvalidOperationException("at once") }, here);

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => all.InvokeVoidAsync(IProbe.Wait, default, CancellationToken.None).DefaultTimeout());

        (error.Status, here.Called).ShouldBe((TunnelStatus.Internal, 1));
    }

    [Fact]
    public async Task Message_about_many_failures_names_a_few()
    {
        BroadcastInvoker all = To([.. Enumerable.Repeat(Failing(TunnelStatus.Aborted), 1000)]);

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => all.InvokeVoidAsync(IProbe.Wait, default, CancellationToken.None).DefaultTimeout());

        error.Failures.Count.ShouldBe(1000);
        error.Message.ShouldContain("at 1000 of 1000 sessions");
        error.Message.ShouldEndWith("; and 997 more");
    }

    private static FailingInvoker Failing(TunnelStatus status) => new(new TunnelException(status, "Not here."));

    private static BroadcastInvoker To(params TunnelInvoker[] targets) =>
        new(
            () => [.. targets.Select((target, i) => new BroadcastMember($"{i}", target, null))],
            null,
            TunnelBroadcastPolicy.Default,
            TimeProvider.System);
}
