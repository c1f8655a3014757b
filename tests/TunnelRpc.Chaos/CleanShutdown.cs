using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;
using Xunit.Abstractions;

namespace TunnelRpc.Chaos;

/// <summary>Sessions that migrated and were cut leave no resources after an orderly end.</summary>
public sealed class CleanShutdown(ITestOutputHelper output)
{
    private static readonly string[] Transports =
        ["upgrade", "extended-connect", "websocket", "reverse-http", "two-connection", "http2-post", "n-plus-one", "long-poll"];

    [Fact]
    public async Task Ended_sessions_leave_no_socket_timer_or_failed_task()
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

                // A cut may drop the CLOSE of a client that is disposed: the server keeps its session for this time.
                options.ResumeWindow = TimeSpan.FromSeconds(3);
            });
            await using var relay = new CutRelay(server.SecureAddress);

            // Those of the server itself, which end with it.
            int serverTimers = time.ActiveTimers;

            // The first round opens the descriptors that the process keeps.
            await RunAsync(server, relay, time, 30);
            int before = await SettledAsync(server, relay, time, serverTimers);
            await RunAsync(server, relay, time, 31);
            await RunAsync(server, relay, time, 32);
            int after = await SettledAsync(server, relay, time, serverTimers);

            output.WriteLine(
                $"Descriptors {before} before, {after} after; {time.CreatedTimers} timers created, {time.ActiveTimers} still active.");
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

    /// <summary>Runs one client over each transport, concurrently. Each migrates, some are cut, and all are disposed.</summary>
    private static Task RunAsync(ChaosServer server, CutRelay relay, TimerCountingTimeProvider time, int purpose) =>
        Task.WhenAll(Transports.Select((_, index) => RunClientAsync(server, relay, time, purpose, index)));

    private static async Task RunClientAsync(
        ChaosServer server, CutRelay relay, TimerCountingTimeProvider time, int purpose, int index)
    {
        string transport = Transports[index];
        TunnelClientOptions options = Clients.CreateOptions(
            relay.Address, new CountingLedger(), transport, Transports[(index + 1) % Transports.Length]);
        options.TimeProvider = time;
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(client.SessionId!));
        load.Start(callers: 4, lanes: 4);
        await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
        await new SessionMigrator(client, options)
            .MigrateAsync(Transports[(index + 1) % Transports.Length])
            .WaitAsync(ChaosRun.HangTimeout);
        await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
        if (ChaosRun.CreateRandom(purpose + index).Next(2) == 0)
        {
            relay.CutNow(CutKind.Reset);
            await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
        }

        await load.StopAsync(ChaosRun.HangTimeout);
        load.Errors.HasAny.ShouldBeFalse($"{load.Errors}; {ChaosRun.Replay}");
    }

    /// <summary>Returns the number of open descriptors after all connections, sessions and timers of the clients have ended.</summary>
    private static async Task<int> SettledAsync(
        ChaosServer server, CutRelay relay, TimerCountingTimeProvider time, int serverTimers)
    {
        await Eventually.TrueAsync(
            () => relay.OpenConnections == 0 && server.Clients.SessionIds.Count == 0,
            () => $"all connections and sessions end; open are {relay.OpenConnections} and {server.Clients.SessionIds.Count}");

        // Some timers run for seconds, because the peer may retry.
        await Eventually.TrueAsync(
            () => time.ActiveTimers <= serverTimers,
            () => $"all timers but the server's {serverTimers} are disposed; still active: {time}");
        int minimum = int.MaxValue;

        // The host closes its sockets shortly after.
        for (int sample = 0; sample < 20; sample++)
        {
            await Eventually.DelayAsync(TimeSpan.FromMilliseconds(25));
            minimum = Math.Min(minimum, Directory.GetFiles("/proc/self/fd").Length);
        }

        return minimum;
    }
}
