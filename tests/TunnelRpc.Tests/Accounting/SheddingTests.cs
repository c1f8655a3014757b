using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Accounting;

/// <summary>
/// Load shedding of a server whose sessions use too much memory: it refuses new sessions, then aborts the sessions that are idle longest.
/// </summary>
public sealed class SheddingTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public async Task Sessions_are_refused_near_the_limit_and_the_idlest_is_aborted_above_it()
    {
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = 8 * Megabyte);
        using var metrics = new MetricRecorder(server.Services);
        await using RawClient idlest = await server.ConnectAsync();
        await using RawClient idle = await server.ConnectAsync();
        await using RawClient busy = await server.ConnectAsync();
        await using RawClient empty = await server.ConnectAsync();

        // The buffer of a partial message doubles. With its header the message still fits 2 MiB, which are accounted beside the call for a
        // moment.
        await KeepLaterAsync(server, idlest, (2 * Megabyte) - 100);
        await KeepLaterAsync(server, idle, (2 * Megabyte) - 100);
        await KeepLaterAsync(server, busy, Megabyte + (Megabyte / 2));
        await using (RawClient last = await server.ConnectAsync())
        {
            last.Memory.AccountedBytes.ShouldBe(0);
        }

        await Eventually.TrueAsync(() => server.Server.SessionIds.Count == 4);
        // Until the reader has released the buffer of the message, its bytes count twice.
        await KeepLaterAsync(server, busy, 700 << 10);
        await busy.SettleAsync();
        TunnelException refused = await Should.ThrowAsync<TunnelException>(server.ConnectAsync);
        long usage = metrics.Read("tunnelrpc.server.memory.usage");

        // Above the limit, the session that is idle longest is aborted; the one without memory is idle longer, but is not considered.
        await KeepLaterAsync(server, busy, Megabyte - 100);
        await KeepLaterAsync(server, busy, Megabyte - 100);
        CloseMessage close = await idlest.Peer.ReadCloseAsync();
        await idlest.Session.Peer.Completion.DefaultTimeout();
        await Eventually.TrueAsync(() => server.Server.SessionIds.Count == 3);

        (refused.Status, close.Status).ShouldBe((TunnelStatus.ResourceExhausted, TunnelStatus.ResourceExhausted));
        refused.Message.ShouldContain($"from three quarters of {8 * Megabyte} on (limit MaxTotalBufferedBytes)");
        close.Reason.ShouldContain($"use more than {8 * Megabyte} bytes of memory (limit MaxTotalBufferedBytes)");
        close.Reason.ShouldMatch(@"had been inactive for [45]\.0 s\.$");
        usage.ShouldBeInRange(6 * Megabyte, 7 * Megabyte);
        metrics.Read("tunnelrpc.server.sessions").ShouldBe(3);
        metrics.Read("tunnelrpc.server.calls").ShouldBe(5);
        metrics.Read("tunnelrpc.server.memory.limit").ShouldBe(8 * Megabyte);
        metrics.Sum("tunnelrpc.server.sessions.shed").ShouldBe(1);
        metrics.Sum("tunnelrpc.server.sessions.refused", ("tunnelrpc.limit", "MaxTotalBufferedBytes")).ShouldBe(1);
        (await server.ConnectAsync().ContinueWith(t => t.IsFaulted, TaskScheduler.Default)).ShouldBeTrue("more than 6 MiB are accounted");
        foreach (RawClient client in new[] { idle, busy, empty })
        {
            await client.DisposeAsync();
        }

        await Eventually.TrueAsync(() => server.Server.SessionIds.Count == 0);
        await Eventually.TrueAsync(() => metrics.Read("tunnelrpc.server.memory.usage") == 0);
        server.Server.MemoryBudget.UnreleasedBytes.ShouldBe(0);
        await using RawClient next = await server.ConnectAsync();
        next.Memory.AccountedBytes.ShouldBe(0);
    }

    [Fact]
    public async Task Memory_of_an_aborted_session_aborts_no_other_session()
    {
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = 16 * Megabyte);
        server.Keeper.IgnoresCancellation = true;
        await using RawClient first = await server.ConnectAsync();
        await using RawClient second = await server.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await KeepLaterAsync(server, first, Megabyte - 100);
        }

        for (int i = 0; i < 8; i++)
        {
            await KeepLaterAsync(server, second, Megabyte - 100);
        }

        await first.Session.Peer.SessionCompletion.DefaultTimeout();
        for (int i = 0; i < 20; i++)
        {
            await KeepLaterAsync(server, second, 64 << 10);
        }

        server.Server.MemoryBudget.AccountedBytes.ShouldBeGreaterThan(18 * Megabyte);
        await second.SettleAsync();
        server.Keeper.Release();
        await first.Session.Peer.Completion.DefaultTimeout();
        await first.DisposeAsync();
        await second.DisposeAsync();
        await server.ShouldHaveReleasedMemoryAsync();
    }

    [Fact]
    public async Task Session_whose_path_is_blocked_can_be_aborted()
    {
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = 4 * Megabyte);
        await using RawClient stuck = await server.ConnectAsync();
        await using RawClient busy = await server.ConnectAsync();

        // The client does not read: the write of the server waits.
        await stuck.CallAsync(IKeeper.Make, RawClient.Number(3 * Megabyte));
        await Eventually.TrueAsync(() => stuck.Session.Peer.Multiplexer.QueuedMessageCount > 0
            && stuck.Memory.AccountedBytes > 3 * Megabyte);
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await KeepLaterAsync(server, busy, Megabyte - 100);

        await stuck.Session.Peer.Completion.DefaultTimeout();
        await busy.SettleAsync();
        stuck.Memory.AccountedBytes.ShouldBe(0);
    }

    [Fact]
    public async Task Sessions_are_aborted_one_by_one_until_the_memory_is_below_the_target()
    {
        const int Sessions = 40;
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = 40 * Megabyte);
        var clients = new List<RawClient>();
        for (int i = 0; i < Sessions; i++)
        {
            clients.Add(await server.ConnectAsync());
        }

        // Concurrently and in no order: twice the limit.
        await Task.WhenAll(clients.Select(client =>
            Task.Run(() => client.CallAsync(IKeeper.Keep, RawClient.Bytes((2 * Megabyte) - 100)))
                .ContinueWith(sent => sent.Exception, TaskScheduler.Default))).DefaultTimeout();

        await Eventually.TrueAsync(() => server.Server.MemoryBudget.AccountedBytes <= 40 * Megabyte
            && server.Server.SessionIds.Count <= 20);
        server.Server.SessionIds.Count.ShouldBeGreaterThan(10);
        foreach (RawClient client in clients)
        {
            await client.DisposeAsync();
        }

        await server.ShouldHaveReleasedMemoryAsync();
    }

    [Fact]
    public async Task Refused_sessions_are_counted_by_the_limit_that_refused_them()
    {
        await using var server = new AccountedServer(limits => limits.MaxSessions = 1);
        using var metrics = new MetricRecorder(server.Services);
        await using RawClient only = await server.ConnectAsync();

        await Should.ThrowAsync<TunnelException>(server.ConnectAsync);
        await Should.ThrowAsync<TunnelException>(server.ConnectAsync);

        metrics.Sum("tunnelrpc.server.sessions.refused", ("tunnelrpc.limit", "MaxSessions")).ShouldBe(2);
        metrics.Read("tunnelrpc.server.sessions").ShouldBe(1);
    }

    private static async Task KeepLaterAsync(AccountedServer server, RawClient client, int size)
    {
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await client.KeepAsync(size);
    }
}
