using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;

namespace TunnelRpc.Chaos;

/// <summary>What is left when sessions that were moved and cut have ended in order: nothing.</summary>
public sealed class CleanShutdown(ITestOutputHelper output)
{
    private static readonly string[] Transports =
        ["upgrade", "extended-connect", "websocket", "reverse-http", "two-connection", "http2-post", "n-plus-one", "long-poll"];

    [Fact]
    public async Task No_socket_timer_or_failed_task_is_left()
    {
        int unobserved = 0;
        EventHandler<UnobservedTaskExceptionEventArgs> onUnobserved = (_, _) => Interlocked.Increment(ref unobserved);
        TaskScheduler.UnobservedTaskException += onUnobserved;
        var time = new TimerCountingTimeProvider();
        try
        {
            await using ChaosServer server = await ChaosServer.StartAsync(new CountingLedger(), options =>
            {
                options.TimeProvider = time;

                // A cut may take the last words of a client that leaves: its session waits for it as long.
                options.ResumeWindow = TimeSpan.FromSeconds(3);
            });
            await using var relay = new CutRelay(server.SecureAddress);

            // The first round makes what the process keeps.
            await RunAsync(server, relay, time, 30);
            int before = await SettledAsync(server, relay, time);
            await RunAsync(server, relay, time, 31);
            await RunAsync(server, relay, time, 32);
            int after = await SettledAsync(server, relay, time);

            output.WriteLine($"Descriptors {before} before, {after} after; {time.CreatedTimers} timers made, {time.ActiveTimers} left.");
            after.ShouldBeLessThanOrEqualTo(before);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            unobserved.ShouldBe(0);
            server.Log.Errors.ShouldBeEmpty();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= onUnobserved;
        }
    }

    /// <summary>One client over each transport, at once; each is moved, cut, and disposed.</summary>
    private static Task RunAsync(ChaosServer server, CutRelay relay, TimerCountingTimeProvider time, int purpose) => Task.WhenAll(Transports.Select(async (transport, index) =>
    {
        TunnelClientOptions options = Clients.CreateOptions(relay.Address, new CountingLedger(), transport, Transports[(index + 1) % Transports.Length]);
        options.TimeProvider = time;
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(client.SessionId!));
        load.Start(callers: 4, lanes: 4);
        await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
        await new SessionMigrator(client, options).MigrateAsync(Transports[(index + 1) % Transports.Length]).WaitAsync(ChaosRun.HangTimeout);
        await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
        if (ChaosRun.CreateRandom(purpose + index).Next(2) == 0)
        {
            relay.CutNow(CutKind.Reset);
            await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
        }

        await load.StopAsync(ChaosRun.HangTimeout);
        load.Errors.HasAny.ShouldBeFalse($"{load.Errors}; {ChaosRun.Replay}");
    }));

    /// <summary>How many descriptors are open once nothing of the clients is there any more.</summary>
    private static async Task<int> SettledAsync(ChaosServer server, CutRelay relay, TimerCountingTimeProvider time)
    {
        await Eventually.TrueAsync(() => relay.OpenConnections == 0 && server.Clients.SessionIds.Count == 0, () => $"all connections and sessions have ended; {relay.OpenConnections} and {server.Clients.SessionIds.Count} have not");

        // Some linger for seconds, since the other side may ask once more.
        await Eventually.TrueAsync(() => time.ActiveTimers == 0, () => $"no timer runs any more: {time}");
        int least = int.MaxValue;

        // The host closes its sockets a moment later.
        for (int look = 0; look < 20; look++)
        {
            await Eventually.DelayAsync(TimeSpan.FromMilliseconds(25));
            least = Math.Min(least, Directory.GetFiles("/proc/self/fd").Length);
        }

        return least;
    }
}
