using System.Collections.Concurrent;
using TunnelRpc.Hosting;
using TunnelRpc.Tests.Calls;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Hosting;

/// <summary>Groups while sessions come and go.</summary>
public sealed class SessionGroupsTests
{
    [Fact]
    public async Task A_session_that_ends_while_it_joins_stays_in_no_group()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        var registered = new ConcurrentDictionary<string, ServerSession>();
        var groups = new SessionGroups(registered.GetValueOrDefault, 10);
        using var start = new Barrier(2);

        for (int i = 0; i < 500; i++)
        {
            string id = $"s{i}";
            var ended = new TaskCompletionSource();
            var session = new ServerSession(rig.Peer, new TunnelSessionInfo(id, "test", null, null, default, ended.Task), ended);
            registered[id] = session;
            Task joins = Task.Run(() =>
            {
                start.SignalAndWait();
                groups.Join(id, "eu");
                groups.Join(id, "ops");
            });
            Task ends = Task.Run(() =>
            {
                start.SignalAndWait();
                registered.TryRemove(id, out _);
                groups.RemoveFromAll(session);
            });
            await Task.WhenAll(joins, ends).DefaultTimeout();
        }

        groups.MembersOf("eu").ShouldBeEmpty();
        groups.MembersOf("ops").ShouldBeEmpty();
    }

    [Fact]
    public async Task Sessions_that_join_and_leave_at_once_are_where_they_went_last()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        var registered = new ConcurrentDictionary<string, ServerSession>();
        var groups = new SessionGroups(registered.GetValueOrDefault, 10);
        foreach (int i in Enumerable.Range(0, 8))
        {
            var ended = new TaskCompletionSource();
            registered[$"s{i}"] = new ServerSession(rig.Peer, new TunnelSessionInfo($"s{i}", "test", null, null, default, ended.Task), ended);
        }

        await Parallel.ForEachAsync(registered.Keys, (id, _) =>
        {
            for (int i = 0; i < 200; i++)
            {
                groups.Join(id, "eu").ShouldBeTrue();
                groups.MembersOf("eu").ShouldContain(id);
                groups.Leave(id, "eu").ShouldBeTrue();
                groups.MembersOf("eu").ShouldNotContain(id);
            }

            groups.Join(id, "ops");
            return default;
        }).DefaultTimeout();

        groups.MembersOf("eu").ShouldBeEmpty();
        groups.MembersOf("ops").ShouldBe(registered.Keys, ignoreOrder: true);
        groups.GroupsOf("s3").ShouldBe(["ops"]);
    }
}
