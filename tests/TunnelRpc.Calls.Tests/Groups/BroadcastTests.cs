using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>Broadcasts: calls to several sessions.</summary>
public sealed class BroadcastTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Broadcast_completes_when_every_session_has_completed()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        var release = new TaskCompletionSource();
        club.Bob.WaitFor = release.Task;

        Task call = club.Members.All.AcceptAsync("x");
        await club.Bob.Accepting.WaitAsync(HangTimeout);
        bool completedEarly = call.IsCompleted;
        release.SetResult();
        await call.WaitAsync(HangTimeout);

        completedEarly.ShouldBeFalse();
        club.Bob.Received.ShouldBe(["x"]);
    }

    [Fact]
    public async Task Broadcast_that_fails_in_one_session_completes_in_the_others_and_reports_the_failure()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Bob.WaitFor = Task.FromException(new TunnelException(TunnelStatus.FailedPrecondition, "Bob is out."));

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => club.Members.All.AcceptAsync("x").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.FailedPrecondition);
        error.Failures.ShouldHaveSingleItem().Key.ShouldBe(club.BobsClient.SessionId);
        error.Failures.Values.Single().Message.ShouldBe("Bob is out.");
        error.Message.ShouldContain("at 1 of 3 sessions");
        error.Message.ShouldContain("Bob is out.");
        club.Ann.Received.ShouldBe(["x"]);
        club.Cyd.Received.ShouldBe(["x"]);
    }

    [Fact]
    public async Task Broadcast_with_different_failures_has_status_Unknown()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Ann.WaitFor = Task.FromException(new TunnelException(TunnelStatus.NotFound, "No ann."));
        club.Bob.WaitFor = Task.FromException(new TunnelException(TunnelStatus.Aborted, "No bob."));

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => club.Members.All.AcceptAsync("x").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Unknown);
        error.Failures.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Broadcast_to_a_session_that_disconnects_fails_for_that_session_only()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Bob.WaitFor = new TaskCompletionSource().Task;
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
    public async Task Broadcast_that_is_cancelled_throws_OperationCanceledException()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Ann.WaitFor = club.Bob.WaitFor = club.Cyd.WaitFor = new TaskCompletionSource().Task;
        using var cancel = new CancellationTokenSource();
        Task call = club.Members.All.AcceptAsync("x", cancel.Token);
        await Task.WhenAll(club.Ann.Accepting, club.Bob.Accepting, club.Cyd.Accepting).WaitAsync(HangTimeout);

        await cancel.CancelAsync();

        OperationCanceledException error = await Should.ThrowAsync<OperationCanceledException>(() => call.WaitAsync(HangTimeout));
        error.CancellationToken.ShouldBe(cancel.Token);
    }

    [Fact]
    public async Task Broadcast_of_a_method_with_a_result_throws_and_names_InvokeEachAsync()
    {
        await using ClubHost club = await ClubHost.StartAsync();

#pragma warning disable TRPC0402 // The analyzer reports what the runtime refuses.
        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(() => club.Members.Group("eu").NameAsync());
#pragma warning restore TRPC0402

        error.Message.ShouldContain("InvokeEachAsync");
    }

    [Fact]
    public async Task InvokeEach_returns_the_result_of_each_session()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        await club.Groups.JoinAsync(club.AnnsClient.SessionId!, "eu");
        await club.Groups.JoinAsync(club.CydsClient.SessionId!, "eu");

        IReadOnlyList<TunnelBroadcastResult<string>> names =
            await club.Members.Group("eu").InvokeEachAsync((m, token) => m.NameAsync(token)).WaitAsync(HangTimeout);

        names.ToDictionary(n => n.SessionId, n => n.Result).ShouldBe(
            new Dictionary<string, string>
            {
                [club.AnnsClient.SessionId!] = "ann",
                [club.CydsClient.SessionId!] = "cyd",
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task InvokeEach_reports_the_failure_of_one_session_in_its_result()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Bob.WaitFor = Task.FromException(new TunnelException(TunnelStatus.NotFound, "Bob has no name."));

        IReadOnlyList<TunnelBroadcastResult<string>> names =
            await club.Members.All.InvokeEachAsync((m, token) => m.NameAsync(token)).WaitAsync(HangTimeout);

        names.Where(n => n.IsSuccess).Select(n => n.Result).Order().ShouldBe(["ann", "cyd"]);
        TunnelBroadcastResult<string> failed = names.Single(n => !n.IsSuccess);
        failed.SessionId.ShouldBe(club.BobsClient.SessionId);
        failed.Error.ShouldBeOfType<TunnelException>().Status.ShouldBe(TunnelStatus.NotFound);
        Should.Throw<InvalidOperationException>(() => failed.Result).InnerException.ShouldBe(failed.Error);
    }

    [Fact]
    public async Task InvokeEach_applies_the_options_of_the_stub_in_each_session()
    {
        await using ClubHost club = await ClubHost.StartAsync();

        IReadOnlyList<TunnelBroadcastResult<string>> names = await club.Members.All.With(headers: new() { ["title"] = "dr" })
            .InvokeEachAsync((m, token) => m.NameAsync(token)).WaitAsync(HangTimeout);

        names.Select(n => n.Result).Order().ShouldBe(["dr ann", "dr bob", "dr cyd"]);
    }

    [Fact]
    public async Task InvokeEach_that_is_cancelled_cancels_the_call_of_each_session()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Bob.WaitFor = new TaskCompletionSource().Task;
        using var cancel = new CancellationTokenSource();
        Task<IReadOnlyList<TunnelBroadcastResult<string>>> call =
            club.Members.All.InvokeEachAsync((m, token) => m.NameAsync(token), cancel.Token);
        await club.Bob.Accepting.WaitAsync(HangTimeout);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call.WaitAsync(HangTimeout));
    }

    [Fact]
    public async Task InvokeEach_for_one_session_and_trailers_for_several_throw()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        IMember one = club.Members.Session(club.AnnsClient.SessionId!);

        (await Should.ThrowAsync<ArgumentException>(() => one.InvokeEachAsync((m, token) => m.NameAsync(token))))
            .Message.ShouldContain("Expected a broadcast stub");
        Should.Throw<ArgumentException>(() => club.Members.All.With(trailers: [])).Message.ShouldContain("InvokeEachAsync");
    }

    [Fact]
    public async Task One_way_broadcast_that_cannot_be_sent_reports_each_session()
    {
        await using ClubHost club = await ClubHost.StartAsync();

        TunnelBroadcastException error = await Should.ThrowAsync<TunnelBroadcastException>(
            () => club.Members.All.NoteAsync(new string('x', 5_000_000)).AsTask().WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Failures.Keys.ShouldBe(club.Members.SessionIds, ignoreOrder: true);
    }
}
