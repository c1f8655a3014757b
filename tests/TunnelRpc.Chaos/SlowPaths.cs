using System.Diagnostics;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;
using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Chaos;

/// <summary>Paths that are slow, but alive: they are not taken for dead.</summary>
public sealed class SlowPaths(ITestOutputHelper output)
{
    [Theory, InlineData("upgrade"), InlineData("websocket"), InlineData("two-connection"), InlineData("long-poll")]
    public async Task A_path_whose_latency_is_above_the_keepalive_interval_is_kept(string transport)
    {
        var latency = TimeSpan.FromMilliseconds(600);
        var interval = TimeSpan.FromMilliseconds(250);
        var ledger = new CountingLedger();
        await using ChaosServer server = await ChaosServer.StartAsync(ledger, options => options.KeepAliveInterval = interval);
        await using FaultProxy proxy = await FaultProxy.StartAsync(
            server.Address,
            FaultPersonalities.BytesOnly with { Name = "far away", Up = [StreamFault.Latency(latency)], Down = [StreamFault.Latency(latency)] });
        TunnelClientOptions options = Clients.CreateOptions(proxy.Address, ledger, transport);
        options.KeepAliveInterval = interval;
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.Guard);
        string session = client.SessionId!;
        IChaosPeer peer = client.Get<IChaosPeer>();

        // Idle, in a call, and idle again: with pings alone, and with pings beside data.
        await Until.PassedAsync(latency * 6);
        byte[] first = await peer.CountAsync(0, [1]).WaitAsync(ChaosRun.Guard);
        long began = Stopwatch.GetTimestamp();
        byte[] second = await peer.CountAsync(1, new byte[50_000]).WaitAsync(ChaosRun.Guard);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        await Until.PassedAsync(latency * 6);
        byte[] third = await server.Clients.Session(session).CountAsync(2, [3]).WaitAsync(ChaosRun.Guard);

        output.WriteLine($"A call took {took.TotalMilliseconds:F0} ms by {client.Transport}, with a ping every {interval.TotalMilliseconds} ms.");
        Answers.AreRight(0, [1], first).ShouldBeTrue();
        Answers.AreRight(1, new byte[50_000], second).ShouldBeTrue();
        Answers.AreRight(2, [3], third).ShouldBeTrue();
        client.SessionId.ShouldBe(session);
        client.Current!.Info.Epoch.ShouldBe(1u, "the path was taken for dead, and another one opened.");
    }

    [Theory, InlineData("upgrade"), InlineData("websocket"), InlineData("two-connection"), InlineData("long-poll")]
    public async Task A_path_on_which_pings_wait_behind_data_is_kept(string transport)
    {
        // 300 kB/s each way: what a session may have under way, 1 MiB, takes more than three seconds.
        const int BytesPerTick = 3_000;
        var interval = TimeSpan.FromMilliseconds(250);
        var atServer = new CountingLedger();
        var atClient = new CountingLedger();
        await using ChaosServer server = await ChaosServer.StartAsync(atServer, options => options.KeepAliveInterval = interval);
        await using var relay = new CutRelay(server.Address, BytesPerTick);
        TunnelClientOptions options = Clients.CreateOptions(relay.Address, atClient, transport);
        options.KeepAliveInterval = interval;
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.Guard);
        string session = client.SessionId!;
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(session));
        load.Start(callers: 8, lanes: 24);

        await Until.PassedAsync(ChaosRun.Choose(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(60)));

        await load.StopAsync(ChaosRun.Guard);
        output.WriteLine($"{load.Describe(TimeSpan.FromSeconds(6))}; by {client.Transport}");
        load.Faults.Any.ShouldBeFalse(load.Faults.ToString());
        load.FindFaults(atServer, atClient).ShouldBeEmpty();
        client.SessionId.ShouldBe(session);
        client.Current!.Info.Epoch.ShouldBe(1u, "the path was taken for dead, and another one opened.");
    }
}
