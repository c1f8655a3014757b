using TunnelRpc.Calls;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>Calls to several targets of which some have gone.</summary>
public sealed class BroadcastInvokerTests
{
    [Fact]
    public async Task A_one_way_call_leaves_out_who_has_gone()
    {
        var here = new CountingInvoker();
        BroadcastInvoker all = To(Failing(TunnelStatus.Unavailable), here, Failing(TunnelStatus.Unavailable));

        await all.InvokeOneWayAsync(IProbe.WaitOneWay, default, CancellationToken.None).DefaultTimeout();

        here.Sent.ShouldBe(1);
    }

    [Fact]
    public async Task A_one_way_call_that_is_refused_for_another_reason_fails_after_all_were_called()
    {
        var here = new CountingInvoker();
        BroadcastInvoker all = To(Failing(TunnelStatus.ResourceExhausted), here);

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => all.InvokeOneWayAsync(IProbe.WaitOneWay, default, CancellationToken.None).DefaultTimeout());

        (error.Status, here.Sent).ShouldBe((TunnelStatus.ResourceExhausted, 1));
    }

    [Fact]
    public async Task A_call_that_is_waited_for_fails_where_a_session_has_gone_after_all_were_called()
    {
        var here = new CountingInvoker();
        BroadcastInvoker all = To(Failing(TunnelStatus.Unavailable), here);

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => all.InvokeVoidAsync(IProbe.Wait, default, CancellationToken.None).DefaultTimeout());

        (error.Status, here.Called).ShouldBe((TunnelStatus.Unavailable, 1));
        error.Failures.Keys.ShouldBe(["0"]);
    }

    [Fact]
    public async Task A_target_that_throws_at_once_keeps_no_other_from_being_called()
    {
        var here = new CountingInvoker();
        BroadcastInvoker all = To(new CountingInvoker { Throws = new InvalidOperationException("at once") }, here);

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => all.InvokeVoidAsync(IProbe.Wait, default, CancellationToken.None).DefaultTimeout());

        (error.Status, here.Called).ShouldBe((TunnelStatus.Internal, 1));
    }

    [Fact]
    public async Task A_message_about_many_failures_names_a_few()
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
        new(() => [.. targets.Select((target, i) => new BroadcastTarget($"{i}", target))], null);
}
