using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Broadcasts;
using TunnelRpc.Server.Tests.Expiry;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Shares;

/// <summary>The limits of calls and references of one user and of one remote address, in all its sessions.</summary>
public sealed class CallLimitTests
{
    private const string CallsOfUser = "PerUser.MaxConcurrentCalls";

    private static readonly byte[] Bytes = [1];

    [Fact]
    public async Task Calls_of_one_user_are_limited_in_all_its_sessions_and_those_of_others_are_not()
    {
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(warehouse, o => o.Limits.PerUser.MaxConcurrentCalls = 4);
        using var meter = new ServerMeter(app.App.Services);
        await using TunnelClient first = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient second = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient other = await app.ConnectAsync("bob", "upgrade");
        string[] sessions = [first.SessionId!, second.SessionId!, other.SessionId!];
        Task<int>[] running = [Store(first), Store(first), Store(second), Store(second)];
        await Eventually.TrueAsync(() => warehouse.RunningCount == 4);

        TunnelException refusedFirst = await RefusedAsync(first);
        TunnelException refusedSecond = await RefusedAsync(second);
        Task<int>[] others = [.. Enumerable.Range(0, 4).Select(_ => Store(other))];
        await Eventually.TrueAsync(() => warehouse.RunningCount == 8);
        warehouse.Release();
        await Task.WhenAll([.. running, .. others]).DefaultTimeout();

        refusedFirst.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refusedFirst.Outcome.ShouldBe(TunnelCallOutcome.NotSent);
        refusedFirst.Message.ShouldContain(
            "Expected at most 4 running calls in all sessions of this user, got one more (limit PerUser.MaxConcurrentCalls). Retry later.");
        refusedSecond.Message.ShouldBe(refusedFirst.Message);
        meter.RefusedCalls(CallsOfUser).ShouldBe(2);
        (await Task.WhenAll(Store(first), Store(first), Store(second), Store(second)).DefaultTimeout()).ShouldAllBe(count => count == 1);
        new[] { first.SessionId, second.SessionId, other.SessionId }.ShouldBe(sessions);
    }

    [Fact]
    public async Task Calls_of_one_address_are_limited()
    {
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(warehouse, o => o.Limits.PerRemoteAddress.MaxConcurrentCalls = 1);
        await using TunnelClient ann = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient bob = await app.ConnectAsync("bob", "upgrade");
        Task<int> running = Store(ann);
        await Eventually.TrueAsync(() => warehouse.RunningCount == 1);

        TunnelException refused = await RefusedAsync(bob);
        warehouse.Release();
        await running.DefaultTimeout();

        refused.Message.ShouldContain("(limit PerRemoteAddress.MaxConcurrentCalls)");
        (await Store(bob).DefaultTimeout()).ShouldBe(1);
    }

    [Fact]
    public async Task Calls_without_a_limit_of_their_user_are_limited_by_their_session_only()
    {
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(
            warehouse, o => o.Limits.PerUser.MaxConcurrentCalls = o.Limits.PerRemoteAddress.MaxConcurrentCalls = null);
        await using TunnelClient client = await app.ConnectAsync("ann", "upgrade");

        Task<int>[] running = [.. Enumerable.Range(0, 300).Select(_ => Store(client))];
        await Eventually.TrueAsync(() => warehouse.RunningCount == 300);
        warehouse.Release();

        (await Task.WhenAll(running).DefaultTimeout()).Length.ShouldBe(300);
    }

    [Fact]
    public async Task Call_that_was_cancelled_counts_no_more()
    {
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(warehouse, o => o.Limits.PerUser.MaxConcurrentCalls = 2);
        await using TunnelClient first = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient second = await app.ConnectAsync("ann", "upgrade");
        using var cancel = new CancellationTokenSource();
        Task<int> cancelled = first.Get<IWarehouse>().StoreAsync(Bytes, cancel.Token).AsTask();
        Task<int> running = Store(first);
        await Eventually.TrueAsync(() => warehouse.RunningCount == 2);

        await RefusedAsync(second);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled.DefaultTimeout());
        int count = await AcceptedSoonAsync(second);
        await RefusedWhileRunningAsync(warehouse, second, running);

        count.ShouldBe(3);
    }

    [Fact]
    public async Task Calls_of_a_session_that_has_ended_count_no_more()
    {
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(warehouse, o => o.Limits.PerUser.MaxConcurrentCalls = 2);
        TunnelClient first = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient second = await app.ConnectAsync("ann", "upgrade");
        Task<int>[] running = [Store(first), Store(first)];
        await Eventually.TrueAsync(() => warehouse.RunningCount == 2);

        await RefusedAsync(second);
        await first.DisposeAsync();
        await Should.ThrowAsync<TunnelException>(() => Task.WhenAll(running).DefaultTimeout());

        (await AcceptedSoonAsync(second)).ShouldBe(3);
        app.Server.Partitions.Users.Count.ShouldBe(1);
    }

    [Fact]
    public async Task One_way_call_beyond_the_limit_does_not_run_and_is_logged()
    {
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(warehouse, o => o.Limits.PerUser.MaxConcurrentCalls = 1);
        await using TunnelClient client = await app.ConnectAsync("ann", "upgrade");
        await client.Get<IWarehouse>().DropAsync(Bytes).AsTask().DefaultTimeout();
        await Eventually.TrueAsync(() => warehouse.RunningCount == 1);

        await client.Get<IWarehouse>().DropAsync(Bytes).AsTask().DefaultTimeout();
        await Eventually.TrueAsync(() => app.Log.Lines.Any(l => l.Contains($"(limit {CallsOfUser})", StringComparison.Ordinal)));
        warehouse.RunningCount.ShouldBe(1);
        warehouse.Release();

        (await AcceptedSoonAsync(client)).ShouldBe(3);
    }

    [Fact]
    public async Task Unused_grants_of_one_session_are_available_to_another()
    {
        const int Limit = 100;
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(warehouse, o => o.Limits.PerUser.MaxConcurrentCalls = Limit);
        await using TunnelClient idle = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient busy = await app.ConnectAsync("ann", "upgrade");

        // The session takes a block of grants, of which it uses none.
        await idle.Get<IWarehouse>().CountAsync(1).AsTask().DefaultTimeout();
        Task<int>[] running = [.. Enumerable.Range(0, Limit).Select(_ => Store(busy))];
        await Eventually.TrueAsync(() => warehouse.RunningCount == Limit || running.Any(r => r.IsFaulted));
        int accepted = warehouse.RunningCount;
        await RefusedAsync(idle);
        warehouse.Release();
        await Task.WhenAll(running).DefaultTimeout();

        accepted.ShouldBe(Limit);
        (await Store(idle).DefaultTimeout()).ShouldBe(1);
    }

    [Fact]
    public async Task Many_small_running_calls_are_accounted_until_they_end()
    {
        const int Calls = 1000;
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(warehouse, _ => { });
        await using TunnelClient client = await app.ConnectAsync("ann", "upgrade");

        Task<int>[] running = [.. Enumerable.Range(0, Calls).Select(_ => Store(client))];
        await Eventually.TrueAsync(() => warehouse.RunningCount == Calls);
        long bytes = app.Server.MemoryBudget.AccountedBytes;
        warehouse.Release();
        await Task.WhenAll(running).DefaultTimeout();

        bytes.ShouldBeGreaterThan((Calls - 64) * 2048);
        await Eventually.TrueAsync(() => app.Server.MemoryBudget.AccountedBytes == 0);
    }

    [Fact]
    public async Task Call_of_a_session_that_moves_counts_once_and_until_its_end()
    {
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(warehouse, o => o.Limits.PerUser.MaxConcurrentCalls = 1);
        PausableTransport? transport = null;
        await using TunnelClient client = await app.ConnectAsync("ann", "upgrade", o =>
        {
            transport = new PausableTransport(o.Transports.Single());
            o.Transports.Clear();
            o.Transports.Add(transport);
        });
        string session = client.SessionId!;
        Task<int> running = Store(client);
        await Eventually.TrueAsync(() => warehouse.RunningCount == 1);

        await transport!.BreakAsync();
        await Eventually.TrueAsync(() => app.Server.FindSession(session)!.Session.Paths.Current.Epoch > 1);
        await RefusedAsync(client);
        warehouse.Release();
        await running.DefaultTimeout();

        (await Store(client).DefaultTimeout()).ShouldBe(1);
        client.SessionId.ShouldBe(session);
    }

    [Fact]
    public async Task Call_counts_for_its_user_also_after_the_authentication_was_refreshed()
    {
        var clock = new Clock();
        await using TokenApp app = await TokenApp.StartAsync(clock, o => o.Limits.PerUser.MaxConcurrentCalls = 1);
        await using TunnelClient client = await app.ConnectAsync(() => app.CreateToken("ann", TimeSpan.FromMinutes(2), "junior"));
        IAsyncEnumerator<string> follow = client.Get<IClock>().FollowAsync().GetAsyncEnumerator();
        clock.Tick();
        (await follow.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();

        await client.RefreshAuthenticationAsync().DefaultTimeout();
        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => client.Get<IClock>().WhoAsync().DefaultTimeout());
        await follow.DisposeAsync();

        refused.Message.ShouldContain($"(limit {CallsOfUser})");
        (await SoonAsync(() => client.Get<IClock>().WhoAsync())).ShouldBe("ann junior");
    }

    [Fact]
    public async Task References_of_one_user_are_limited_in_all_its_sessions_and_those_of_others_are_not()
    {
        await using ServerApp app = await StartAsync(new Warehouse(), o => o.Limits.PerUser.MaxReferences = 3);
        using var meter = new ServerMeter(app.App.Services);
        await using TunnelClient first = await app.ConnectAsync("ann", "upgrade");
        TunnelClient second = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient other = await app.ConnectAsync("bob", "upgrade");
        IShelf shelf = await OpenAsync(first);
        List<IShelf> held = [await OpenAsync(first), await OpenAsync(second)];

        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => OpenAsync(first));
        held.Add(await OpenAsync(other));
        shelf.Release();
        held.Add(await SoonAsync(() => OpenAsync(second)));
        await Should.ThrowAsync<TunnelException>(() => OpenAsync(first));
        await second.DisposeAsync();
        held.Add(await SoonAsync(() => OpenAsync(first)));
        held.Add(await SoonAsync(() => OpenAsync(first)));

        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refused.Message.ShouldContain(
            "Expected at most 3 references held in all sessions of this user, got one more (limit PerUser.MaxReferences). Retry later.");
        meter.RefusedCalls("PerUser.MaxReferences").ShouldBeGreaterThanOrEqualTo(2);
        (await held[0].CountAsync(5).AsTask().DefaultTimeout()).ShouldBe(5);
        GC.KeepAlive(held);
    }

    [Fact]
    public async Task Limit_out_of_range_is_an_error_at_start_that_names_it()
    {
        Exception invalid = await Should.ThrowAsync<Exception>(() => StartAsync(new Warehouse(), o => o.Limits.PerUser.MaxReferences = 0));

        invalid.Message.ShouldContain("Limits.PerUser.MaxReferences must be from 1 to 2147483647.");
    }

    private static Task<ServerApp> StartAsync(Warehouse warehouse, Action<TunnelServerOptions> options) =>
        ServerApp.StartAsync(services => services.AddService<IWarehouse>(warehouse), options);

    private static Task<int> Store(TunnelClient client) => client.Get<IWarehouse>().StoreAsync(Bytes).AsTask();

    private static Task<IShelf> OpenAsync(TunnelClient client) => client.Get<IWarehouse>().OpenShelfAsync().AsTask().DefaultTimeout();

    private static async Task<TunnelException> RefusedAsync(TunnelClient client)
    {
        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => Store(client).DefaultTimeout());
        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        return refused;
    }

    private static async Task RefusedWhileRunningAsync(Warehouse warehouse, TunnelClient client, Task<int> running)
    {
        Task<int> last = Store(client);
        await Eventually.TrueAsync(() => warehouse.RunningCount == 2);
        await RefusedAsync(client);
        warehouse.Release();
        await Task.WhenAll(running, last).DefaultTimeout();
    }

    /// <summary>Calls until a call is accepted: the server counts a call until its work has ended.</summary>
    private static Task<int> AcceptedSoonAsync(TunnelClient client) => SoonAsync(() => client.Get<IWarehouse>().CountAsync(3).AsTask());

    private static async Task<T> SoonAsync<T>(Func<Task<T>> call)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (true)
        {
            guard.Token.ThrowIfCancellationRequested();
            try
            {
                return await call().DefaultTimeout();
            }
            catch (TunnelException refused) when (refused.Status == TunnelStatus.ResourceExhausted)
            {
                await Task.Yield();
            }
        }
    }
}
