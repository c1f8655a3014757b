using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>Who is in which group, and whom a call to a group reaches.</summary>
public sealed class GroupTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_call_to_a_group_reaches_its_members_only()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        await club.AnnsClient.Get<IClub>().JoinAsync("eu").WaitAsync(HangTimeout);
        club.Groups.Join(club.BobsClient.SessionId!, "eu").ShouldBeTrue();

        await club.Members.Group("eu").AcceptAsync("hello").WaitAsync(HangTimeout);

        club.Ann.Received.ShouldBe(["hello"]);
        club.Bob.Received.ShouldBe(["hello"]);
        club.Cyd.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_one_way_call_to_a_group_reaches_its_members_only()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        club.Groups.Join(club.AnnsClient.SessionId!, "eu");

        await club.Members.Group("eu").NoteAsync("to the group");
        await club.Members.All.NoteAsync("to all");
        (await club.Ann.Notes.WaitAsync(HangTimeout)).ShouldBeTrue();
        (await club.Ann.Notes.WaitAsync(HangTimeout)).ShouldBeTrue();
        (await club.Cyd.Notes.WaitAsync(HangTimeout)).ShouldBeTrue();

        club.Ann.Received.Order().ShouldBe(["to all", "to the group"]);
        club.Cyd.Received.ShouldBe(["to all"]);
    }

    [Fact]
    public async Task A_stub_of_a_group_reaches_those_who_are_members_when_it_is_called()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        IMember group = club.Members.Group("eu");

        await group.AcceptAsync("nobody hears this").WaitAsync(HangTimeout);
        club.Groups.Join(club.AnnsClient.SessionId!, "eu");
        await group.AcceptAsync("first").WaitAsync(HangTimeout);
        club.Groups.Leave(club.AnnsClient.SessionId!, "eu").ShouldBeTrue();
        await group.AcceptAsync("second").WaitAsync(HangTimeout);

        club.Ann.Received.ShouldBe(["first"]);
    }

    [Fact]
    public async Task A_member_tells_the_others()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        foreach (string session in club.Members.SessionIds)
        {
            club.Groups.Join(session, "eu");
        }

        await club.AnnsClient.Get<IClub>().TellOthersAsync("eu", "from ann").WaitAsync(HangTimeout);

        club.Ann.Received.ShouldBeEmpty();
        club.Bob.Received.ShouldBe(["from ann"]);
        club.Cyd.Received.ShouldBe(["from ann"]);
    }

    [Fact]
    public async Task Sessions_are_chosen_by_name_and_by_condition()
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
    public async Task Joining_twice_is_joining_once()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        IClub ann = club.AnnsClient.Get<IClub>();

        (await ann.JoinAsync("eu").WaitAsync(HangTimeout)).ShouldBeTrue();
        (await ann.JoinAsync("eu").WaitAsync(HangTimeout)).ShouldBeTrue();

        club.Groups.MembersOf("eu").ShouldBe([club.AnnsClient.SessionId!]);
        (await ann.LeaveAsync("eu").WaitAsync(HangTimeout)).ShouldBeTrue();
        (await ann.LeaveAsync("eu").WaitAsync(HangTimeout)).ShouldBeFalse();
        club.Groups.MembersOf("eu").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_ends_leaves_its_groups_and_the_list()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        string ann = club.AnnsClient.SessionId!;
        TunnelSessionInfo session = club.SessionOf(club.AnnsClient);
        club.Groups.Join(ann, "eu");
        club.Groups.Join(ann, "ops");
        club.Groups.GroupsOf(ann).Order().ShouldBe(["eu", "ops"]);

        await club.AnnsClient.DisposeAsync();
        await session.Completion.WaitAsync(HangTimeout);

        club.Groups.MembersOf("eu").ShouldBeEmpty();
        club.Groups.GroupsOf(ann).ShouldBeEmpty();
        club.Groups.Join(ann, "eu").ShouldBeFalse();
        club.Groups.MembersOf("eu").ShouldBeEmpty();
        club.Members.SessionIds.ShouldNotContain(ann);
    }

    [Fact]
    public async Task A_group_too_many_is_refused_and_the_limit_is_named()
    {
        await using ClubHost club = await ClubHost.StartAsync(o => o.Limits.MaxGroupsPerSession = 2);
        IClub ann = club.AnnsClient.Get<IClub>();
        await ann.JoinAsync("one").WaitAsync(HangTimeout);
        await ann.JoinAsync("two").WaitAsync(HangTimeout);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => ann.JoinAsync("three").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("MaxGroupsPerSession");
        club.Groups.MembersOf("three").ShouldBeEmpty();
        await ann.LeaveAsync("one").WaitAsync(HangTimeout);
        (await ann.JoinAsync("three").WaitAsync(HangTimeout)).ShouldBeTrue();
    }

    [Fact]
    public async Task Names_that_cannot_be_are_refused()
    {
        await using ClubHost club = await ClubHost.StartAsync();
        string ann = club.AnnsClient.SessionId!;

        Should.Throw<ArgumentException>(() => club.Groups.Join(ann, ""));
        Should.Throw<ArgumentException>(() => club.Groups.Join(ann, new string('x', 257))).Message.ShouldContain("256");
        Should.Throw<ArgumentException>(() => club.Members.Group(""));

        club.Groups.GroupsOf(ann).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_list_of_sessions_says_who_is_there_since_when()
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
