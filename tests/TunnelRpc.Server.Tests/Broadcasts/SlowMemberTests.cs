using Shouldly;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Broadcasts;

/// <summary>Broadcasts to members that do not read, with each policy, over real sockets.</summary>
[Collection("broadcasts")]
public sealed class SlowMemberTests
{
    private static readonly byte[] Padding = BroadcastPair.Padding;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Wait_completes_after_its_timeout_and_then_waits_for_the_session_no_more()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync();
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        (Task waiting, int sent) = await pair.FillAsync();

        app.Time.Advance(Limit - TimeSpan.FromMilliseconds(1));
        bool completedEarly = waiting.IsCompleted;
        app.Time.Advance(TimeSpan.FromMilliseconds(1));
        await waiting.DefaultTimeout();
        for (int i = 1; i <= 50; i++)
        {
            await app.Members.All.TickAsync(sent + i, Padding).AsTask().DefaultTimeout();
        }

        completedEarly.ShouldBeFalse();
        await fast.Ticker.UntilAsync(() => fast.Ticker.Ticks.Count == sent + 50);
        fast.Ticker.Ticks.ShouldBe(Enumerable.Range(1, sent + 50));
        app.Counted["dropped Wait"].ShouldBeGreaterThanOrEqualTo(50);
        app.Log.Lines.Count(m => m.Contains("one-way broadcasts were dropped")).ShouldBe(1);

        slow.Transport.Resume();
        await slow.Ticker.UntilAsync(() => slow.Ticker.Ticks.Contains(sent));
        await TickUntilTakenAsync(app.Members.All, slow, 1_000_000);
        int[] ticks = [.. slow.Ticker.Ticks];
        ticks.ShouldBe(ticks.Order());
    }

    [Fact]
    public async Task Wait_continues_when_the_session_reads_again()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync();
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        (Task waiting, int sent) = await pair.FillAsync();

        slow.Transport.Resume();
        await waiting.DefaultTimeout();

        await slow.Ticker.UntilAsync(() => slow.Ticker.Ticks.Count == sent);
        slow.Ticker.Ticks.ShouldBe(Enumerable.Range(1, sent));
        app.Counted.ShouldBeEmpty();
    }

    [Fact]
    public async Task Wait_ends_when_the_session_ends()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync();
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        (Task waiting, int sent) = await pair.FillAsync();
        Task queued = app.Members.All.TickAsync(sent + 1, Padding).AsTask();
        bool completedEarly = queued.IsCompleted;

        await slow.DisposeAsync();
        await Task.WhenAll(waiting, queued).DefaultTimeout();

        completedEarly.ShouldBeFalse();
        await fast.Ticker.UntilAsync(() => fast.Ticker.Ticks.Count == sent + 1);
    }

    [Fact]
    public async Task Session_that_loses_its_path_resumes_and_gets_every_call_in_order()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync();
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        string session = slow.SessionId;
        (Task waiting, int sent) = await pair.FillAsync();

        slow.Transport.Resume();
        await slow.Transport.BreakAsync();
        await waiting.DefaultTimeout();
        await TickUntilTakenAsync(app.Members.All, slow, sent + 1);

        slow.Client.SessionId.ShouldBe(session);
        slow.Transport.OpenedCount.ShouldBeGreaterThan(1);
        int[] ticks = [.. slow.Ticker.Ticks];
        ticks.ShouldBe(Enumerable.Range(1, ticks.Length));
    }

    [Fact]
    public async Task DropOldest_never_waits_and_keeps_the_latest_in_order()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync();
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        await app.Groups.JoinAsync(fast.SessionId, "prices");
        await app.Groups.JoinAsync(slow.SessionId, "prices");
        ITicker prices = app.Members.Group("prices").With(TunnelBroadcastPolicy.DropOldest(10));
        slow.Transport.Pause();

        for (int i = 1; i <= 400; i++)
        {
            ValueTask sending = prices.TickAsync(i, Padding);
            sending.IsCompleted.ShouldBeTrue();
            await sending;
            await fast.Ticker.UntilAsync(() => fast.Ticker.Ticks.Count == i);
        }

        slow.Transport.Resume();
        await slow.Ticker.UntilAsync(() => slow.Ticker.Ticks.Contains(400));
        int[] got = [.. slow.Ticker.Ticks];
        got.ShouldBe(got.Order());
        got[^10..].ShouldBe(Enumerable.Range(391, 10));
        got.Length.ShouldBe(400 - (int)app.Counted["dropped DropOldest"]);
    }

    [Fact]
    public async Task Latest_keeps_one_call_for_each_key()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync();
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        (Task waiting, int sent) = await pair.FillAsync();
        for (int i = 1; i <= 300; i++)
        {
            ITicker stub = app.Members.All.With(TunnelBroadcastPolicy.Latest(i % 2 == 0 ? "even" : "odd"));
            await stub.TickAsync(sent + i, []).AsTask().DefaultTimeout();
        }

        slow.Transport.Resume();
        await waiting.DefaultTimeout();
        await slow.Ticker.UntilAsync(() => slow.Ticker.Ticks.Contains(sent + 300));
        await fast.Ticker.UntilAsync(() => fast.Ticker.Ticks.Count == sent + 300);

        slow.Ticker.Ticks.ShouldBe([.. Enumerable.Range(1, sent), sent + 299, sent + 300]);
        app.Counted["dropped Latest"].ShouldBe(298);
    }

    [Fact]
    public async Task Disconnect_ends_the_session_that_does_not_read_and_no_other()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync(o => o.BroadcastPolicy = TunnelBroadcastPolicy.Disconnect());
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        Task completion = app.Members.Sessions.Single(s => s.Id == slow.SessionId).Completion;
        string fastSession = fast.SessionId;
        (Task waiting, int sent) = await pair.FillAsync();

        app.Time.Advance(Limit);
        await waiting.DefaultTimeout();
        await completion.DefaultTimeout();

        await app.Members.All.TickAsync(sent + 1, Padding).AsTask().DefaultTimeout();
        await fast.Ticker.UntilAsync(() => fast.Ticker.Ticks.Count == sent + 1);
        fast.SessionId.ShouldBe(fastSession);
        app.Counted["disconnects"].ShouldBe(1);
    }

    [Fact]
    public async Task Queue_of_a_session_is_bounded_by_calls_and_by_bytes()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync(o =>
        {
            o.Limits.MaxPendingBroadcasts = 20;
            o.Limits.MaxPendingBroadcastBytes = 100_000;
        });
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        (Task waiting, int sent) = await pair.FillAsync();
        Hosting.ServerSession session = app.Server.FindSession(slow.SessionId)!;
        ITicker all = app.Members.All.With(TunnelBroadcastPolicy.DropOldest(1000));

        for (int i = 1; i <= 100; i++)
        {
            await all.TickAsync(sent + i, Padding);
        }

        session.Peer.Broadcasts.WaitingCount.ShouldBe(13);
        for (int i = 101; i <= 200; i++)
        {
            await all.TickAsync(sent + i, []);
        }

        session.Peer.Broadcasts.WaitingCount.ShouldBe(20);
        Task refused = app.Members.All.TickAsync(sent + 201, []).AsTask();
        session.Peer.Broadcasts.WaitingCount.ShouldBe(20);

        slow.Transport.Resume();
        await Task.WhenAll(waiting, refused).DefaultTimeout();
        await slow.Ticker.UntilAsync(() => slow.Ticker.Ticks.Contains(sent + 201));
        slow.Ticker.Ticks.TakeLast(20).ShouldBe(Enumerable.Range(sent + 182, 20));
        session.Peer.Broadcasts.WaitingCount.ShouldBe(0);
    }

    [Fact]
    public async Task Call_with_a_reply_fails_for_a_session_that_acknowledges_nothing()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync();
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        slow.Transport.Pause();

        Task calling = app.Members.All.ConfirmAsync();
        Task<IReadOnlyList<TunnelBroadcastResult<string>>> asking = app.Members.All.InvokeEachAsync((m, token) => m.NameAsync(token));
        await WaitUntilAcknowledgedAsync(app, fast);
        app.Time.Advance(Limit - TimeSpan.FromMilliseconds(1));
        (calling.IsCompleted, asking.IsCompleted).ShouldBe((false, false));
        app.Time.Advance(TimeSpan.FromMilliseconds(1));

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(() => calling.DefaultTimeout());
        error.Failures.Keys.ShouldBe([slow.SessionId]);
        error.Status.ShouldBe(TunnelStatus.DeadlineExceeded);
        error.Message.ShouldContain("BroadcastPolicy");
        IReadOnlyList<TunnelBroadcastResult<string>> names = await asking.DefaultTimeout();
        names.Single(n => n.IsSuccess).Result.ShouldBe("fast");
        names.Single(n => !n.IsSuccess).SessionId.ShouldBe(slow.SessionId);
    }

    [Fact]
    public async Task Call_with_a_reply_may_take_any_time_at_a_session_that_reads()
    {
        await using BroadcastApp app = await BroadcastApp.StartAsync();
        await using BroadcastMember member = await app.ConnectAsync("member");
        var confirmation = new TaskCompletionSource();
        member.Ticker.Confirmation = confirmation.Task;

        Task calling = app.Members.All.ConfirmAsync();
        await WaitUntilAcknowledgedAsync(app, member);
        app.Time.Advance(Limit);
        app.Time.Advance(Limit);
        bool completedEarly = calling.IsCompleted;
        confirmation.SetResult();
        await calling.DefaultTimeout();

        completedEarly.ShouldBeFalse();
    }

    [Fact]
    public async Task Policies_that_drop_calls_are_refused_for_methods_with_a_reply()
    {
        await using BroadcastApp app = await BroadcastApp.StartAsync();

        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(
            () => app.Members.All.With(TunnelBroadcastPolicy.DropOldest()).ConfirmAsync());

        error.Message.ShouldContain("one-way");
        Should.Throw<ArgumentOutOfRangeException>(() => TunnelBroadcastPolicy.DropOldest(0));
        Should.Throw<ArgumentOutOfRangeException>(() => TunnelBroadcastPolicy.Wait(TimeSpan.Zero));
        Should.Throw<ArgumentOutOfRangeException>(() => TunnelBroadcastPolicy.Disconnect(Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public async Task Timeout_of_the_call_ends_the_wait_for_a_slow_session()
    {
        await using BroadcastPair pair = await BroadcastPair.StartAsync();
        (BroadcastApp app, BroadcastMember fast, BroadcastMember slow) = pair;
        (Task waiting, int sent) = await pair.FillAsync();

        Task timed = app.Members.All.With(timeout: TimeSpan.FromSeconds(1)).TickAsync(sent + 1, []).AsTask();
        app.Time.Advance(TimeSpan.FromSeconds(1));

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(() => timed.DefaultTimeout());
        error.Failures.Keys.ShouldBe([slow.SessionId]);
        error.Status.ShouldBe(TunnelStatus.DeadlineExceeded);
        waiting.IsCompleted.ShouldBeFalse();
    }

    /// <summary>Broadcasts until the member gets a call that was made now.</summary>
    private static async Task TickUntilTakenAsync(ITicker stub, BroadcastMember member, int number)
    {
        int first = number;
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (!member.Ticker.Ticks.Any(t => t >= first))
        {
            guard.Token.ThrowIfCancellationRequested();
            await stub.TickAsync(number++, []).AsTask().DefaultTimeout();
            await Task.Yield();
        }
    }

    private static Task WaitUntilAcknowledgedAsync(BroadcastApp app, BroadcastMember member)
    {
        Hosting.ServerSession session = app.Server.FindSession(member.SessionId)!;
        return Eventually.TrueAsync(() => session.Session.Writer.UnacknowledgedBytes == 0);
    }
}
