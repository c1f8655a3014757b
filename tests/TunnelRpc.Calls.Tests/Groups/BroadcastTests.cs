using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>How calls to several sessions end.</summary>
public sealed class BroadcastTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_call_that_is_waited_for_completes_when_every_session_has()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        var held = new TaskCompletionSource();
        club.Bob.Held = held.Task;

        Task call = club.Members.All.AcceptAsync("x");
        await club.Bob.Accepting.WaitAsync(HangTimeout);
        bool early = call.IsCompleted;
        held.SetResult();
        await call.WaitAsync(HangTimeout);

        early.ShouldBeFalse();
        club.Bob.Received.ShouldBe(["x"]);
    }

    [Fact]
    public async Task What_fails_at_some_is_done_at_the_others_and_told_of_each()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Bob.Held = Task.FromException(new TunnelException(TunnelStatus.FailedPrecondition, "Bob is out."));

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(() => club.Members.All.AcceptAsync("x").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.FailedPrecondition);
        error.Failures.ShouldHaveSingleItem().Key.ShouldBe(club.BobsClient.SessionId);
        error.Failures.Values.Single().Message.ShouldBe("Bob is out.");
        error.Message.ShouldContain("at 1 of 3 sessions");
        error.Message.ShouldContain("Bob is out.");
        club.Ann.Received.ShouldBe(["x"]);
        club.Cyd.Received.ShouldBe(["x"]);
    }

    [Fact]
    public async Task Failures_that_differ_have_no_status_in_common()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Ann.Held = Task.FromException(new TunnelException(TunnelStatus.NotFound, "No ann."));
        club.Bob.Held = Task.FromException(new TunnelException(TunnelStatus.Aborted, "No bob."));

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(() => club.Members.All.AcceptAsync("x").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Unknown);
        error.Failures.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_session_lost_while_it_is_called_fails_alone()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Bob.Held = new TaskCompletionSource().Task;
        Task call = club.Members.All.AcceptAsync("x");
        await club.Bob.Accepting.WaitAsync(HangTimeout);
        string bob = club.BobsClient.SessionId!;

        await club.BobsClient.DisposeAsync();

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(() => call.WaitAsync(HangTimeout));
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Failures.Keys.ShouldBe([bob]);
        club.Cyd.Received.ShouldBe(["x"]);
    }

    [Fact]
    public async Task Cancelling_cancels_at_every_session_and_is_no_failure_of_theirs()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Ann.Held = club.Bob.Held = club.Cyd.Held = new TaskCompletionSource().Task;
        using var cancel = new CancellationTokenSource();
        Task call = club.Members.All.AcceptAsync("x", cancel.Token);
        await Task.WhenAll(club.Ann.Accepting, club.Bob.Accepting, club.Cyd.Accepting).WaitAsync(HangTimeout);

        await cancel.CancelAsync();

        OperationCanceledException error = await Should.ThrowAsync<OperationCanceledException>(() => call.WaitAsync(HangTimeout));
        error.CancellationToken.ShouldBe(cancel.Token);
    }

    [Fact]
    public async Task A_method_with_a_result_is_refused_and_the_way_out_is_named()
    {
        await using ClubHost club = await ClubHost.StartAsync();

        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(() => club.Members.Group("eu").NameAsync());

        error.Message.ShouldContain("InvokeEachAsync");
    }

    [Fact]
    public async Task Each_session_gives_its_result()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Groups.Join(club.AnnsClient.SessionId!, "eu");
        club.Groups.Join(club.CydsClient.SessionId!, "eu");

        IReadOnlyList<TunnelBroadcastResult<string>> names = await club.Members.Group("eu").InvokeEachAsync((m, token) => m.NameAsync(token)).WaitAsync(HangTimeout);

        names.ToDictionary(n => n.SessionId, n => n.Result).ShouldBe(
            new Dictionary<string, string> { [club.AnnsClient.SessionId!] = "ann", [club.CydsClient.SessionId!] = "cyd" }, ignoreOrder: true);
    }

    [Fact]
    public async Task A_result_that_one_session_fails_to_give_is_its_own_outcome()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Bob.Held = Task.FromException(new TunnelException(TunnelStatus.NotFound, "Bob has no name."));

        IReadOnlyList<TunnelBroadcastResult<string>> names = await club.Members.All.InvokeEachAsync((m, token) => m.NameAsync(token)).WaitAsync(HangTimeout);

        names.Where(n => n.IsSuccess).Select(n => n.Result).Order().ShouldBe(["ann", "cyd"]);
        TunnelBroadcastResult<string> failed = names.Single(n => !n.IsSuccess);
        failed.SessionId.ShouldBe(club.BobsClient.SessionId);
        failed.Error.ShouldBeOfType<TunnelException>().Status.ShouldBe(TunnelStatus.NotFound);
        Should.Throw<InvalidOperationException>(() => failed.Result).InnerException.ShouldBe(failed.Error);
    }

    [Fact]
    public async Task Options_of_the_stub_hold_at_each_session()
    {
        await using ClubHost club = await ClubHost.StartAsync();

        IReadOnlyList<TunnelBroadcastResult<string>> names = await club.Members.All.With(headers: new() { ["title"] = "dr" })
            .InvokeEachAsync((m, token) => m.NameAsync(token)).WaitAsync(HangTimeout);

        names.Select(n => n.Result).Order().ShouldBe(["dr ann", "dr bob", "dr cyd"]);
    }

    [Fact]
    public async Task Cancelling_ends_the_calls_to_each()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Bob.Held = new TaskCompletionSource().Task;
        using var cancel = new CancellationTokenSource();
        Task<IReadOnlyList<TunnelBroadcastResult<string>>> call = club.Members.All.InvokeEachAsync((m, token) => m.NameAsync(token), cancel.Token);
        await club.Bob.Accepting.WaitAsync(HangTimeout);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call.WaitAsync(HangTimeout));
    }

    [Fact]
    public async Task What_needs_several_sessions_is_refused_with_one_and_the_other_way_round()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        IMember one = club.Members.Session(club.AnnsClient.SessionId!);

        (await Should.ThrowAsync<ArgumentException>(() => one.InvokeEachAsync((m, token) => m.NameAsync(token))))
            .Message.ShouldContain("Expected a broadcast stub");
        Should.Throw<ArgumentException>(() => club.Members.All.With(trailers: [])).Message.ShouldContain("InvokeEachAsync");
    }

    [Fact]
    public async Task A_one_way_call_that_cannot_be_sent_fails_and_says_where()
    {
        await using ClubHost club = await ClubHost.StartAsync();

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => club.Members.All.NoteAsync(new string('x', 5_000_000)).AsTask().WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Failures.Keys.ShouldBe(club.Members.SessionIds, ignoreOrder: true);
    }
}
