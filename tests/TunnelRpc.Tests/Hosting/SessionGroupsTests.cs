using System.Collections.Concurrent;
using TunnelRpc.Calls;
using TunnelRpc.Hosting;
using TunnelRpc.Tests.Calls;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Hosting;

/// <summary>Groups of sessions that start and end concurrently.</summary>
public sealed class SessionGroupsTests
{
    [Fact]
    public async Task Session_that_ends_while_it_joins_is_in_no_group()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        var registered = new ConcurrentDictionary<string, ServerSession>();
        var groups = new SessionGroups(registered.GetValueOrDefault, 10);
        using var start = new Barrier(2);

        for (int i = 0; i < 500; i++)
        {
            string id = $"s{i}";
            var ended = new TaskCompletionSource();
            ServerSession session = CreateSession(rig.Peer, id, ended);
            registered[id] = session;
            Task joins = Task.Run(async () =>
            {
                start.SignalAndWait();
                await groups.JoinAsync(id, "eu");
                await groups.JoinAsync(id, "ops");
            });
            Task ends = Task.Run(() =>
            {
                start.SignalAndWait();
                registered.TryRemove(id, out _);
                groups.RemoveFromAll(session);
            });
            await Task.WhenAll(joins, ends).DefaultTimeout();
        }

        (await groups.GetMembersAsync("eu")).ShouldBeEmpty();
        (await groups.GetMembersAsync("ops")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Concurrent_joins_and_leaves_result_in_the_last_state_of_each_session()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        var registered = new ConcurrentDictionary<string, ServerSession>();
        var groups = new SessionGroups(registered.GetValueOrDefault, 10);
        foreach (int i in Enumerable.Range(0, 8))
        {
            var ended = new TaskCompletionSource();
            registered[$"s{i}"] = CreateSession(rig.Peer, $"s{i}", ended);
        }

        await Parallel.ForEachAsync(registered.Keys, async (id, cancellationToken) =>
        {
            for (int i = 0; i < 200; i++)
            {
                (await groups.JoinAsync(id, "eu", cancellationToken)).ShouldBeTrue();
                (await groups.GetMembersAsync("eu", cancellationToken)).ShouldContain(id);
                (await groups.LeaveAsync(id, "eu", cancellationToken)).ShouldBeTrue();
                (await groups.GetMembersAsync("eu", cancellationToken)).ShouldNotContain(id);
            }

            await groups.JoinAsync(id, "ops", cancellationToken);
        }).DefaultTimeout();

        (await groups.GetMembersAsync("eu")).ShouldBeEmpty();
        (await groups.GetMembersAsync("ops")).ShouldBe(registered.Keys, ignoreOrder: true);
        (await groups.GetGroupsAsync("s3")).ShouldBe(["ops"]);
    }

    private static ServerSession CreateSession(TunnelPeer peer, string id, TaskCompletionSource ended) => new(
        peer,
        new TunnelSessionInfo(id, "test", null, null, default, ended.Task),
        ended,
        new TunnelServerOptions());
}
