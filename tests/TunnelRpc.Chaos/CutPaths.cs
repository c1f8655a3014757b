using System.Diagnostics;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;
using Xunit.Abstractions;

namespace TunnelRpc.Chaos;

/// <summary>A session whose path is cut repeatedly while both sides call and stream.</summary>
public sealed class CutPaths(ITestOutputHelper output)
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(1);

    private static readonly string[] OtherNames =
        ["extended-connect", "websocket", "reverse-http", "two-connection", "http2-post", "n-plus-one", "long-poll"];

    public static TheoryData<string> Others => [.. OtherNames];

    [Fact]
    public Task Session_on_a_repeatedly_cut_path_completes_100000_calls_and_100_streams_each_way() =>
        ShouldLoseNothingAsync(
            "upgrade", new Minimum(Calls: 100_000, Streams: 100, Cuts: ChaosRun.Choose(100, 3_000)), callers: 256, lanes: 6);

    [Theory, MemberData(nameof(Others))]
    public Task Session_on_a_cut_path_loses_no_call_or_stream(string transport) =>
        ShouldLoseNothingAsync(transport, new Minimum(Calls: 1_000, Streams: 20, Cuts: ChaosRun.Choose(15, 500)), callers: 16, lanes: 4);

    [Fact]
    public async Task Session_that_migrates_between_all_transports_on_cut_paths_loses_no_call_or_stream()
    {
        await ShouldLoseNothingAsync(null, new Minimum(Calls: 3_000, Streams: 50, Cuts: ChaosRun.Choose(40, 2_000)), callers: 32, lanes: 4);
    }

    private static string[] TransportNames => [.. OtherNames, "upgrade"];

    private async Task ShouldLoseNothingAsync(string? transport, Minimum minimum, int callers, int lanes)
    {
        var atServer = new CountingLedger();
        var atClient = new CountingLedger();
        await using ChaosServer server = await ChaosServer.StartAsync(atServer, options => options.KeepAliveInterval = KeepAlive);
        await using var relay = new CutRelay(transport == "upgrade" ? server.Address : server.SecureAddress);
        TunnelClientOptions options = Clients.CreateOptions(relay.Address, atClient, transport is null ? TransportNames : [transport]);
        options.KeepAliveInterval = KeepAlive;
        options.AttemptTimeout = AttemptTimeout;
        options.ReconnectDelay = TimeSpan.FromMilliseconds(10);
        options.MaxReconnectDelay = TimeSpan.FromMilliseconds(300);
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        var monitor = new RecoveryMonitor();
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(session), monitor);
        load.Start(callers, lanes);
        var driver = new CutDriver(relay, monitor, ChaosRun.CreateRandom(3));
        using var timeout = new CancellationTokenSource(ChaosRun.Choose(TimeSpan.FromSeconds(75), TimeSpan.FromMinutes(60)));
        long began = Stopwatch.GetTimestamp();

        Task<int> migrating = transport is null ? MigrateAsync(client, options, timeout.Token) : Task.FromResult(0);
        await driver.RunAsync(() => !load.Errors.HasAny && !timeout.IsCancellationRequested && !minimum.IsReached(load, driver));
        await timeout.CancelAsync();
        int migrations = await migrating;
        await load.StopAsync(ChaosRun.HangTimeout / 2);

        TimeSpan took = Stopwatch.GetElapsedTime(began);
        output.WriteLine(
            $"{transport ?? $"all transports, with {migrations} migrations"}: {driver}; {load.Describe(took)}; "
            + $"{monitor}; {ChaosRun.Replay}");
        load.Errors.HasAny.ShouldBeFalse($"{load.Errors}; {driver}; {ChaosRun.Replay}");
        load.FindErrors(atServer, atClient).ShouldBeEmpty(ChaosRun.Replay);
        minimum.IsReached(load, driver).ShouldBeTrue(
            $"Expected {minimum} within the time, got {load.Describe(took)}, {driver}; {ChaosRun.Replay}");
        client.SessionId.ShouldBe(session, ChaosRun.Replay);
        server.Log.Errors.ShouldBeEmpty(ChaosRun.Replay);
    }

    /// <summary>
    /// Migrates the session to random transports until <paramref name="stopping"/> is cancelled; returns the number of migrations.
    /// </summary>
    private static async Task<int> MigrateAsync(TunnelClient client, TunnelClientOptions options, CancellationToken stopping)
    {
        var migrator = new SessionMigrator(client, options);
        Random random = ChaosRun.CreateRandom(4);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        int migrations = 0;
        while (!stopping.IsCancellationRequested)
        {
            migrations += await migrator.MigrateAsync(TransportNames[random.Next(TransportNames.Length)]) is null ? 1 : 0;
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        return migrations;
    }

    /// <summary>The load that a run must complete and the cuts that it must survive before it ends.</summary>
    private sealed record Minimum(long Calls, long Streams, int Cuts)
    {
        public bool IsReached(TwoWayLoad load, CutDriver driver) =>
            load.ClientCalls.Completed >= Calls
            && load.ServerCalls.Completed >= Calls
            && load.Streams >= Streams
            && driver.CutCount >= Cuts;
    }
}
