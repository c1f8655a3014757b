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
        var time = new CountingTime();
        try
        {
            await using ChaosServer server = await ChaosServer.StartAsync(new CountingLedger(), options => options.TimeProvider = time);
            await using var relay = new CutRelay(server.SecureAddress);

            // The first round makes what the process keeps.
            await RunAsync(server, relay, time, 30);
            int before = await SettledAsync(server, relay, time);
            await RunAsync(server, relay, time, 31);
            await RunAsync(server, relay, time, 32);
            int after = await SettledAsync(server, relay, time);

            output.WriteLine($"Descriptors {before} before, {after} after; {time.Made} timers made, {time.Running} left.");
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
    private static Task RunAsync(ChaosServer server, CutRelay relay, CountingTime time, int purpose) => Task.WhenAll(Transports.Select(async (transport, index) =>
    {
        TunnelClientOptions options = Clients.CreateOptions(relay.Address, new CountingLedger(), transport, Transports[(index + 1) % Transports.Length]);
        options.TimeProvider = time;
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.Guard);
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(client.SessionId!));
        load.Start(callers: 4, lanes: 4);
        await load.NextAnswersAsync(ChaosRun.Guard);
        await new Mover(client, options).MoveAsync(Transports[(index + 1) % Transports.Length]).WaitAsync(ChaosRun.Guard);
        await load.NextAnswersAsync(ChaosRun.Guard);
        if (ChaosRun.CreateRandom(purpose + index).Next(2) == 0)
        {
            relay.CutNow(CutKind.Reset);
            await load.NextAnswersAsync(ChaosRun.Guard);
        }

        await load.StopAsync(ChaosRun.Guard);
        load.Faults.Any.ShouldBeFalse($"{load.Faults}; {ChaosRun.Replay}");
    }));

    /// <summary>How many descriptors are open once nothing of the clients is there any more.</summary>
    private static async Task<int> SettledAsync(ChaosServer server, CutRelay relay, CountingTime time)
    {
        await Until.TrueAsync(() => relay.OpenConnections == 0 && server.Clients.SessionIds.Count == 0, "all connections and sessions have ended");

        // Some linger for seconds, since the other side may ask once more.
        await Until.TrueAsync(() => time.Running == 0, () => $"no timer runs any more: {time}");
        int least = int.MaxValue;

        // The host closes its sockets a moment later.
        for (int look = 0; look < 20; look++)
        {
            await Until.PassedAsync(TimeSpan.FromMilliseconds(25));
            least = Math.Min(least, Directory.GetFiles("/proc/self/fd").Length);
        }

        return least;
    }
}
