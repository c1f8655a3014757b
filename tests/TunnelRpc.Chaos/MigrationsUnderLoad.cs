using System.Diagnostics;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;
using Xunit.Abstractions;

namespace TunnelRpc.Chaos;

/// <summary>A session that migrates from transport to transport while both sides call and stream.</summary>
public sealed class MigrationsUnderLoad(ITestOutputHelper output)
{
    private const int Callers = 16;
    private const int Lanes = 8;

    private static readonly string[] Transports =
        ["upgrade", "extended-connect", "websocket", "reverse-http", "two-connection", "http2-post", "n-plus-one", "long-poll"];

    private static readonly int Migrations = ChaosRun.Choose(1_000, 20_000);

    [Fact]
    public async Task Session_that_migrates_a_thousand_times_between_all_pairs_of_transports_loses_no_call_or_stream()
    {
        var atServer = new CountingLedger();
        var atClient = new CountingLedger();
        await using ChaosServer server = await ChaosServer.StartAsync(atServer);
        TunnelClientOptions options = Clients.CreateOptions(server.SecureAddress, atClient, Transports);
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(session));
        load.Start(Callers, Lanes);
        var migrator = new SessionMigrator(client, options);
        var order = new MigrationOrder(Transports, client.Transport!, ChaosRun.CreateRandom(1));
        var times = new List<double>();
        long began = Stopwatch.GetTimestamp();

        for (int index = 0; index < Migrations && !load.Errors.HasAny; index++)
        {
            string from = order.Current;
            string to = order.Next();
            long start = Stopwatch.GetTimestamp();
            string? failure = await migrator.MigrateAsync(to).WaitAsync(ChaosRun.HangTimeout);
            failure.ShouldBeNull($"migration {index} from {from} to {to}; {load.Errors}; {ChaosRun.Replay}");
            await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        TimeSpan took = Stopwatch.GetElapsedTime(began);
        await load.StopAsync(ChaosRun.HangTimeout);
        output.WriteLine(
            $"{times.Count} migrations over {order.Pairs} pairs, at least {order.MinMigrations} each, in {took.TotalSeconds:F1} s "
            + $"under load; {load.Describe(took)}; from the start of a migration to the next replies: {RecoveryMonitor.Describe(times)}; "
            + $"{ChaosRun.Replay}");
        load.Errors.HasAny.ShouldBeFalse($"{load.Errors}; {ChaosRun.Replay}");
        load.FindErrors(atServer, atClient).ShouldBeEmpty(ChaosRun.Replay);
        client.SessionId.ShouldBe(session, ChaosRun.Replay);
        order.Pairs.ShouldBe(Transports.Length * (Transports.Length - 1));
        server.Log.Errors.ShouldBeEmpty(ChaosRun.Replay);
    }

    [Fact]
    public async Task Concurrent_migrations_lose_no_call_or_stream()
    {
        int rounds = ChaosRun.Choose(100, 3_000);
        var atServer = new CountingLedger();
        var atClient = new CountingLedger();
        await using ChaosServer server = await ChaosServer.StartAsync(atServer);
        TunnelClientOptions options = Clients.CreateOptions(server.SecureAddress, atClient, Transports);
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(session));
        load.Start(Callers, Lanes);
        var migrator = new SessionMigrator(client, options);
        Random random = ChaosRun.CreateRandom(2);
        int succeededCount = 0;

        for (int round = 0; round < rounds && !load.Errors.HasAny; round++)
        {
            string[] two = [.. Transports.OrderBy(_ => random.Next()).Take(2)];
            string?[] failures = await Task.WhenAll(two.Select(migrator.MigrateAsync)).WaitAsync(ChaosRun.HangTimeout);
            failures.ShouldContain(
                f => f == null,
                $"round {round}, to {string.Join(" and ", two)}: {string.Join("; ", failures)}; {load.Errors}; {ChaosRun.Replay}");
            succeededCount += failures.Count(f => f is null);
            await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
        }

        await load.StopAsync(ChaosRun.HangTimeout);
        output.WriteLine($"{rounds} times two concurrent migrations, {succeededCount} succeeded; {ChaosRun.Replay}");
        load.Errors.HasAny.ShouldBeFalse($"{load.Errors}; {ChaosRun.Replay}");
        load.FindErrors(atServer, atClient).ShouldBeEmpty(ChaosRun.Replay);
        client.SessionId.ShouldBe(session, ChaosRun.Replay);
        server.Log.Errors.ShouldBeEmpty(ChaosRun.Replay);
    }
}
