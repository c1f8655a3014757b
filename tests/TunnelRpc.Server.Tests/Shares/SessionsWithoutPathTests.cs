using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Attacks;
using TunnelRpc.Server.Tests.Broadcasts;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Shares;

/// <summary>The limits of sessions without a path: which session is ended, and that no other is.</summary>
public sealed class SessionsWithoutPathTests
{
    [Theory]
    [InlineData("MaxSessionsWithoutPath")]
    [InlineData("PerRemoteAddress.MaxSessionsWithoutPath")]
    public async Task Session_that_has_been_without_a_path_for_the_longest_is_ended_and_no_other(string limit)
    {
        await using ServerApp app = await StartAsync(o =>
        {
            o.Limits.MaxSessionsWithoutPath = limit == "MaxSessionsWithoutPath" ? 2 : null;
            o.Limits.PerRemoteAddress.MaxSessionsWithoutPath = limit == "MaxSessionsWithoutPath" ? null : 2;
        });
        using var meter = new ServerMeter(app.App.Services);
        await using TunnelClient connected = await app.ConnectAsync("ann", "upgrade");
        string oldest = await LoseAsync(app);
        string second = await LoseAsync(app);
        bool isOldestKept = app.Server.FindSession(oldest) is not null;

        string newest = await LoseAsync(app);
        await Eventually.TrueAsync(() => app.Server.FindSession(oldest) is null);

        isOldestKept.ShouldBeTrue();
        app.Server.SessionIds.Order().ShouldBe(new[] { connected.SessionId!, second, newest }.Order());
        await Eventually.TrueAsync(() => meter.Shed(limit) == 1 && app.Log.Lines.Any(
            l => l.Contains($"Session {oldest} was ended.", StringComparison.Ordinal)
                && l.Contains($"(limit {limit})", StringComparison.Ordinal)));
        (await connected.Get<IWarehouse>().CountAsync(1).AsTask().DefaultTimeout()).ShouldBe(1);
    }

    [Fact]
    public async Task Sessions_of_another_user_are_not_ended()
    {
        await using ServerApp app = await StartAsync(o => o.Limits.PerUser.MaxSessionsWithoutPath = 1);
        string others = await LoseAsync(app, "bob");
        string oldest = await LoseAsync(app, "ann");

        string newest = await LoseAsync(app, "ann");
        await Eventually.TrueAsync(() => app.Server.FindSession(oldest) is null);

        app.Server.SessionIds.Order().ShouldBe(new[] { others, newest }.Order());
    }

    [Fact]
    public async Task Session_that_has_resumed_counts_no_more()
    {
        await using ServerApp app = await StartAsync(o => o.Limits.MaxSessionsWithoutPath = 2);
        (TunnelClient client, PausableTransport transport) = await ConnectAsync(app);
        string session = client.SessionId!;

        for (int i = 0; i < 3; i++)
        {
            await BreakAndResumeAsync(app, session, transport);
        }

        string lost = await LoseAsync(app);
        await Eventually.TrueAsync(() => app.Server.WithoutPath.Count == 1);
        await BreakAndResumeAsync(app, session, transport);

        client.SessionId.ShouldBe(session);
        (await client.Get<IWarehouse>().CountAsync(1).AsTask().DefaultTimeout()).ShouldBe(1);
        app.Server.SessionIds.ShouldContain(session);
        app.Server.SessionIds.ShouldBeSubsetOf([session, lost]);
        await client.DisposeAsync();
        await Eventually.TrueAsync(() => app.Server.WithoutPath.Count <= 1);
    }

    [Fact]
    public async Task Sessions_that_lose_their_paths_at_once_are_all_kept_by_default()
    {
        await using ServerApp app = await StartAsync(_ => { });
        (TunnelClient Client, PausableTransport Transport)[] clients =
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => ConnectAsync(app)));
        string[] sessions = [.. clients.Select(c => c.Client.SessionId!)];

        await Task.WhenAll(clients.Select(c => c.Transport.BreakAsync()));
        int[] counts = await Task.WhenAll(clients.Select(c => c.Client.Get<IWarehouse>().CountAsync(1).AsTask().DefaultTimeout()));

        counts.ShouldAllBe(count => count == 1);
        clients.Select(c => c.Client.SessionId).ShouldBe(sessions);
        await Task.WhenAll(clients.Select(c => c.Client.DisposeAsync().AsTask()));
    }

    private static Task<ServerApp> StartAsync(Action<TunnelServerOptions> options) =>
        ServerApp.StartAsync(services => services.AddService<IWarehouse>(new Warehouse()), options);

    /// <summary>Opens a session, and disconnects its only path. Returns its id when the server has noticed.</summary>
    private static async Task<string> LoseAsync(ServerApp app, string? user = null)
    {
        HashSet<string> before = [.. app.Server.SessionIds];
        RawSession session = await RawSession.ConnectAsync(app.Address(), user, SessionFeatures.Resume);
        string id = app.Server.SessionIds.Single(id => !before.Contains(id));
        await session.DisposeAsync();
        await Eventually.TrueAsync(() => app.Server.FindSession(id) is { } found && app.Server.WithoutPath.Contains(found));
        return id;
    }

    private static async Task BreakAndResumeAsync(ServerApp app, string session, PausableTransport transport)
    {
        uint epoch = app.Server.FindSession(session)!.Session.Paths.Current.Epoch;
        await transport.BreakAsync();
        await Eventually.TrueAsync(() => app.Server.FindSession(session)!.Session.Paths.Current.Epoch > epoch);
        await Eventually.TrueAsync(() => !app.Server.WithoutPath.Contains(app.Server.FindSession(session)!));
    }

    private static async Task<(TunnelClient Client, PausableTransport Transport)> ConnectAsync(ServerApp app)
    {
        PausableTransport? transport = null;
        TunnelClient client = await app.ConnectAsync("ann", "upgrade", o =>
        {
            transport = new PausableTransport(o.Transports.Single());
            o.Transports.Clear();
            o.Transports.Add(transport);
        });
        return (client, transport!);
    }
}
