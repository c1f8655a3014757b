using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>The membership of sessions in groups, and the sessions that a call to a group reaches.</summary>
public sealed class GroupTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Call_to_a_group_reaches_only_its_members()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        await club.AnnsClient.Get<IClub>().JoinAsync("eu").WaitAsync(HangTimeout);
        (await club.Groups.JoinAsync(club.BobsClient.SessionId!, "eu")).ShouldBeTrue();

        await club.Members.Group("eu").AcceptAsync("hello").WaitAsync(HangTimeout);

        club.Ann.Received.ShouldBe(["hello"]);
        club.Bob.Received.ShouldBe(["hello"]);
        club.Cyd.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_way_call_to_a_group_reaches_only_its_members()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        await club.Groups.JoinAsync(club.AnnsClient.SessionId!, "eu");

        await club.Members.Group("eu").NoteAsync("to the group");
        await club.Members.All.NoteAsync("to all");
        (await club.Ann.Notes.WaitAsync(HangTimeout)).ShouldBeTrue();
        (await club.Ann.Notes.WaitAsync(HangTimeout)).ShouldBeTrue();
        (await club.Cyd.Notes.WaitAsync(HangTimeout)).ShouldBeTrue();

        club.Ann.Received.Order().ShouldBe(["to all", "to the group"]);
        club.Cyd.Received.ShouldBe(["to all"]);
    }

    [Fact]
    public async Task Group_stub_reaches_the_members_at_the_time_of_the_call()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        IMember group = club.Members.Group("eu");

        await group.AcceptAsync("to an empty group").WaitAsync(HangTimeout);
        await club.Groups.JoinAsync(club.AnnsClient.SessionId!, "eu");
        await group.AcceptAsync("first").WaitAsync(HangTimeout);
        (await club.Groups.LeaveAsync(club.AnnsClient.SessionId!, "eu")).ShouldBeTrue();
        await group.AcceptAsync("second").WaitAsync(HangTimeout);

        club.Ann.Received.ShouldBe(["first"]);
    }

    [Fact]
    public async Task Group_stub_with_except_does_not_reach_the_caller()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        foreach (string session in club.Members.SessionIds)
        {
            await club.Groups.JoinAsync(session, "eu");
        }

        await club.AnnsClient.Get<IClub>().SendToOthersAsync("eu", "from ann").WaitAsync(HangTimeout);

        club.Ann.Received.ShouldBeEmpty();
        club.Bob.Received.ShouldBe(["from ann"]);
        club.Cyd.Received.ShouldBe(["from ann"]);
    }

    [Fact]
    public async Task Except_and_Where_select_sessions()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        string ann = club.AnnsClient.SessionId!;

        await club.Members.Except(ann).AcceptAsync("not to ann").WaitAsync(HangTimeout);
        await club.Members.Where(s => s.Id == ann).AcceptAsync("to ann").WaitAsync(HangTimeout);

        club.Ann.Received.ShouldBe(["to ann"]);
        club.Bob.Received.ShouldBe(["not to ann"]);
        club.Cyd.Received.ShouldBe(["not to ann"]);
    }

    [Fact]
    public async Task Join_of_a_member_changes_nothing()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        IClub ann = club.AnnsClient.Get<IClub>();

        (await ann.JoinAsync("eu").WaitAsync(HangTimeout)).ShouldBeTrue();
        (await ann.JoinAsync("eu").WaitAsync(HangTimeout)).ShouldBeTrue();

        (await club.Groups.GetMembersAsync("eu")).ShouldBe([club.AnnsClient.SessionId!]);
        (await ann.LeaveAsync("eu").WaitAsync(HangTimeout)).ShouldBeTrue();
        (await ann.LeaveAsync("eu").WaitAsync(HangTimeout)).ShouldBeFalse();
        (await club.Groups.GetMembersAsync("eu")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Session_that_ends_leaves_its_groups_and_the_list()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        string ann = club.AnnsClient.SessionId!;
        TunnelSessionInfo session = club.SessionOf(club.AnnsClient);
        await club.Groups.JoinAsync(ann, "eu");
        await club.Groups.JoinAsync(ann, "ops");
        (await club.Groups.GetGroupsAsync(ann)).Order().ShouldBe(["eu", "ops"]);

        await club.AnnsClient.DisposeAsync();
        await session.Completion.WaitAsync(HangTimeout);

        (await club.Groups.GetMembersAsync("eu")).ShouldBeEmpty();
        (await club.Groups.GetGroupsAsync(ann)).ShouldBeEmpty();
        (await club.Groups.JoinAsync(ann, "eu")).ShouldBeFalse();
        (await club.Groups.GetMembersAsync("eu")).ShouldBeEmpty();
        club.Members.SessionIds.ShouldNotContain(ann);
    }

    [Fact]
    public async Task Join_above_MaxGroupsPerSession_fails_and_names_the_limit()
    {
        await using ClubHost club = await ClubHost.StartAsync(o => o.Limits.MaxGroupsPerSession = 2);
        IClub ann = club.AnnsClient.Get<IClub>();
        await ann.JoinAsync("one").WaitAsync(HangTimeout);
        await ann.JoinAsync("two").WaitAsync(HangTimeout);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => ann.JoinAsync("three").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("MaxGroupsPerSession");
        (await club.Groups.GetMembersAsync("three")).ShouldBeEmpty();
        await ann.LeaveAsync("one").WaitAsync(HangTimeout);
        (await ann.JoinAsync("three").WaitAsync(HangTimeout)).ShouldBeTrue();
    }

    [Fact]
    public async Task Cancelled_group_operations_change_nothing_and_throw()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        string ann = club.AnnsClient.SessionId!;
        await club.Groups.JoinAsync(ann, "eu");
        var cancelled = new CancellationToken(canceled: true);

        await Should.ThrowAsync<OperationCanceledException>(async () => await club.Groups.JoinAsync(ann, "ops", cancelled));
        await Should.ThrowAsync<OperationCanceledException>(async () => await club.Groups.LeaveAsync(ann, "eu", cancelled));
        await Should.ThrowAsync<OperationCanceledException>(async () => await club.Groups.GetMembersAsync("eu", cancelled));
        await Should.ThrowAsync<OperationCanceledException>(async () => await club.Groups.GetGroupsAsync(ann, cancelled));

        (await club.Groups.GetGroupsAsync(ann)).ShouldBe(["eu"]);
    }

    [Fact]
    public async Task Group_operations_complete_synchronously()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        string ann = club.AnnsClient.SessionId!;

        club.Groups.JoinAsync(ann, "eu").AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        club.Groups.GetMembersAsync("eu").AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        club.Groups.GetGroupsAsync(ann).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        club.Groups.LeaveAsync(ann, "eu").AsTask().IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task Invalid_group_names_throw()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        string ann = club.AnnsClient.SessionId!;

        await Should.ThrowAsync<ArgumentException>(async () => await club.Groups.JoinAsync(ann, ""));
        ArgumentException tooLong =
            await Should.ThrowAsync<ArgumentException>(async () => await club.Groups.JoinAsync(ann, new string('x', 257)));
        tooLong.Message.ShouldContain("256");
        Should.Throw<ArgumentException>(() => club.Members.Group(""));

        (await club.Groups.GetGroupsAsync(ann)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sessions_have_transport_user_and_start_time()
    {
        DateTimeOffset before = TimeProvider.System.GetUtcNow();
        await using ClubHost club = await ClubHost.StartAsync();

        TunnelSessionInfo ann = club.SessionOf(club.AnnsClient);

        club.Members.Sessions.Select(s => s.Id).ShouldBe(club.Members.SessionIds, ignoreOrder: true);
        club.Members.Sessions.Count.ShouldBe(3);
        ann.Transport.ShouldBe("in-memory");
        ann.User.ShouldBeNull();
        ann.ConnectedSince.ShouldBeInRange(before, TimeProvider.System.GetUtcNow());
        ann.Completion.IsCompleted.ShouldBeFalse();
    }
}
