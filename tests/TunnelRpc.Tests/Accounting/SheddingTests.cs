using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Accounting;

/// <summary>
/// Load shedding of a server whose sessions use too much memory: it aborts the largest sessions, and refuses new ones if all are small.
/// </summary>
public sealed class SheddingTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public async Task Largest_session_is_aborted_from_three_quarters_of_the_limit_on_and_new_sessions_are_accepted()
    {
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = 16 * Megabyte);
        using var metrics = new MetricRecorder(server.Services);
        await using RawClient small = await server.ConnectAsync();
        await using RawClient middle = await server.ConnectAsync();
        await using RawClient large = await server.ConnectAsync();
        await KeepLaterAsync(server, small, 10_000);
        await KeepLaterAsync(server, middle, Megabyte - 100);
        for (int i = 0; i < 8; i++)
        {
            await KeepLaterAsync(server, large, Megabyte - 100);
        }

        await large.SettleAsync();
        long usage = metrics.Read("tunnelrpc.server.memory.usage");

        // Three quarters are 12 MiB. The third of these calls exceeds them. The first one does so only for a moment, as the buffer of a
        // partial message doubles, and a sweep may or may not run in time to see it. The large session was active later than the small one.
        for (int i = 0; i < 3; i++)
        {
            await KeepLaterAsync(server, middle, Megabyte + (Megabyte / 2));
        }

        CloseMessage close = await large.Peer.ReadCloseAsync();
        await large.Session.Peer.Completion.DefaultTimeout();
        await using RawClient next = await server.ConnectAsync();

        usage.ShouldBeInRange((9 * Megabyte) - 1000, (9 * Megabyte) + (100 << 10));
        close.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        close.Reason.ShouldContain($"use more than three quarters of {16 * Megabyte} bytes of memory");
        close.Reason.ShouldContain("(limit MaxTotalBufferedBytes)");
        await small.SettleAsync();
        await middle.SettleAsync();
        server.Server.SessionIds.ShouldBe([small.Id, middle.Id, next.Id], ignoreOrder: true);
        metrics.Read("tunnelrpc.server.memory.limit").ShouldBe(16 * Megabyte);
        metrics.Sum("tunnelrpc.server.sessions.shed", ("tunnelrpc.limit", "MaxTotalBufferedBytes")).ShouldBe(1);
        metrics.Sum("tunnelrpc.server.sessions.refused").ShouldBe(0);
        foreach (RawClient client in new[] { small, middle, large, next })
        {
            await client.DisposeAsync();
        }

        await server.ShouldHaveReleasedMemoryAsync();
        metrics.Read("tunnelrpc.server.memory.usage").ShouldBe(0);
    }

    [Fact]
    public async Task Sessions_with_equal_shares_do_not_lock_new_sessions_out()
    {
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = 64 * Megabyte);
        await using var clients = new Clients();
        for (int i = 0; i < 7; i++)
        {
            RawClient client = clients.Add(await server.ConnectAsync());
            try
            {
                for (int call = 0; call < 12; call++)
                {
                    await client.CallAsync(IKeeper.Keep, RawClient.Bytes(Megabyte - 100));
                }
            }
            catch (TransportException)
            {
                // The session was aborted.
            }
        }

        await using RawClient honest = await server.ConnectAsync();
        await honest.CallAsync(IKeeper.Keep, RawClient.Bytes(100_000));
        await Eventually.TrueAsync(() => honest.Memory.ArgumentBytes >= 100_000);
        await Eventually.TrueAsync(() => server.Server.MemoryBudget.AccountedBytes < 48 * Megabyte);
        await honest.SettleAsync();
        server.Server.SessionIds.Count.ShouldBeInRange(2, 7);
    }

    [Fact]
    public async Task Memory_of_many_small_sessions_refuses_new_ones_and_aborts_none()
    {
        // A share below a 256th of the limit, 4 KiB, is small. A message counts twice for a moment: as received and as arguments.
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = Megabyte);
        using var metrics = new MetricRecorder(server.Services);
        await using var clients = new Clients();
        TunnelException? refused = null;
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (refused is null)
        {
            guard.Token.ThrowIfCancellationRequested();
            try
            {
                RawClient client = clients.Add(await server.ConnectAsync());
                if (server.Server.MemoryBudget.IsNearLimit)
                {
                    // Sessions are refused when a sweep has found that there is nothing to shed.
                    await Task.Delay(1);
                }
                else
                {
                    await client.KeepAsync(1900);
                }
            }
            catch (TunnelException refusal)
            {
                refused = refusal;
            }
        }

        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refused.Message.ShouldContain($"from three quarters of {Megabyte} on (limit MaxTotalBufferedBytes)");
        metrics.Sum("tunnelrpc.server.sessions.shed").ShouldBe(0);
        metrics.Sum("tunnelrpc.server.sessions.refused", ("tunnelrpc.limit", "MaxTotalBufferedBytes")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Large_session_without_a_path_is_shed_first()
    {
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = 32 * Megabyte);
        await using RawClient left = await server.ConnectAsync(SessionFeatures.Resume);
        await using RawClient connected = await server.ConnectAsync();
        for (int i = 0; i < 8; i++)
        {
            await left.KeepAsync(Megabyte - 100);
        }

        await left.DisposeAsync();
        await Eventually.TrueAsync(() => left.Session.Peer.Session.Paths.DisconnectedDuration is not null);
        left.Session.Peer.Session.IsEnded.ShouldBeFalse();

        // Three quarters are 24 MiB. The connected session holds more than the one without a path by then.
        for (int i = 0; i < 17; i++)
        {
            await connected.KeepAsync(Megabyte - 100);
        }

        await left.Session.Peer.Completion.DefaultTimeout();

        await connected.SettleAsync();
        server.Server.SessionIds.ShouldBe([connected.Id]);
    }

    [Fact]
    public async Task Arguments_that_the_method_does_not_have_are_released_when_the_others_are_decoded()
    {
        await using var server = new AccountedServer();
        await using RawClient client = await server.ConnectAsync();

        // The formatter reads one value. The rest of the message, a megabyte, belongs to nothing.
        await client.CallAsync(IKeeper.Keep, [.. RawClient.Bytes(5000), .. RawClient.Bytes(Megabyte)]);
        (await server.Keeper.KeptAsync().DefaultTimeout()).ShouldBe(5000);
        await client.SettleAsync();

        client.Memory.ArgumentBytes.ShouldBeInRange(5000, 5100);
        await client.DisposeAsync();
        await server.ShouldHaveReleasedMemoryAsync();
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

        for (int i = 0; i < 3; i++)
        {
            await KeepLaterAsync(server, second, Megabyte - 100);
        }

        await first.Session.Peer.SessionCompletion.DefaultTimeout();
        for (int i = 0; i < 20; i++)
        {
            await KeepLaterAsync(server, second, 64 << 10);
        }

        server.Server.MemoryBudget.AccountedBytes.ShouldBeGreaterThan(13 * Megabyte);
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
        await using var server = new AccountedServer(limits => limits.MaxTotalBufferedBytes = 5 * Megabyte);
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

        await Eventually.TrueAsync(() => server.Server.MemoryBudget.AccountedBytes < 30 * Megabyte
            && server.Server.SessionIds.Count <= 15);

        // A sweep leaves at least 27.5 MiB but for one session, and a session has at most 4 MiB while its message arrives.
        server.Server.SessionIds.Count.ShouldBeGreaterThan(5);
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

    /// <summary>Clients that are disposed together.</summary>
    private sealed class Clients : IAsyncDisposable
    {
        private readonly List<RawClient> _clients = [];

        public RawClient Add(RawClient client)
        {
            _clients.Add(client);
            return client;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (RawClient client in _clients)
            {
                await client.DisposeAsync();
            }
        }
    }

    private static async Task KeepLaterAsync(AccountedServer server, RawClient client, int size)
    {
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await client.KeepAsync(size);
    }
}
