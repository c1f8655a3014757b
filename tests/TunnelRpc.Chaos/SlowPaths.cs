using System.Diagnostics;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;
using TunnelRpc.Testing.Faults;
using Xunit.Abstractions;

namespace TunnelRpc.Chaos;

/// <summary>Paths that are slow but alive are not treated as dead.</summary>
public sealed class SlowPaths(ITestOutputHelper output)
{
    // Each test mostly waits, so the transports run concurrently.
    private static readonly string[] Transports = ["upgrade", "websocket", "two-connection", "long-poll"];

    [Fact]
    public Task Path_with_a_latency_above_the_keepalive_interval_is_kept() => Task.WhenAll(Transports.Select(ShouldKeepDistantAsync));

    [Fact]
    public Task Path_on_which_pings_wait_after_data_is_kept() => Task.WhenAll(Transports.Select(ShouldKeepNarrowAsync));

    private async Task ShouldKeepDistantAsync(string transport)
    {
        var latency = TimeSpan.FromMilliseconds(500);
        var interval = TimeSpan.FromMilliseconds(200);
        var ledger = new CountingLedger();
        await using ChaosServer server = await ChaosServer.StartAsync(ledger, options => options.KeepAliveInterval = interval);
        await using FaultProxy proxy = await FaultProxy.StartAsync(
            server.Address,
            FaultProfiles.TcpOnly with { Name = "far away", Up = [StreamFault.Latency(latency)], Down = [StreamFault.Latency(latency)] });
        TunnelClientOptions options = Clients.CreateOptions(proxy.Address, ledger, transport);
        options.KeepAliveInterval = interval;
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        IChaosPeer peer = client.Get<IChaosPeer>();

        // Idle, in a call, and idle again: pings alone, and pings together with data.
        await Eventually.DelayAsync(latency * 5);
        byte[] first = await peer.CountAsync(0, [1]).WaitAsync(ChaosRun.HangTimeout);
        long began = Stopwatch.GetTimestamp();
        byte[] second = await peer.CountAsync(1, new byte[50_000]).WaitAsync(ChaosRun.HangTimeout);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        await Eventually.DelayAsync(latency * 5);
        byte[] third = await server.Clients.Session(session).CountAsync(2, [3]).WaitAsync(ChaosRun.HangTimeout);

        output.WriteLine(
            $"A call took {took.TotalMilliseconds:F0} ms by {client.Transport}, with a ping every {interval.TotalMilliseconds} ms.");
        Replies.IsCorrect(0, [1], first).ShouldBeTrue();
        Replies.IsCorrect(1, new byte[50_000], second).ShouldBeTrue();
        Replies.IsCorrect(2, [3], third).ShouldBeTrue();
        client.SessionId.ShouldBe(session, transport);
        client.CurrentPeer!.Parameters.Epoch.ShouldBe(1u, $"{transport}: the path was treated as dead, and another one was opened.");
    }

    private async Task ShouldKeepNarrowAsync(string transport)
    {
        // At 200 kB/s each way, the 1 MiB that a session may have unacknowledged takes more than five seconds. A busy machine may pause
        // for half a second.
        const int BytesPerTick = 2_000;
        var interval = TimeSpan.FromSeconds(1);
        var atServer = new CountingLedger();
        var atClient = new CountingLedger();
        await using ChaosServer server = await ChaosServer.StartAsync(atServer, options => options.KeepAliveInterval = interval);
        await using var relay = new CutRelay(server.Address, BytesPerTick);
        TunnelClientOptions options = Clients.CreateOptions(relay.Address, atClient, transport);
        options.KeepAliveInterval = interval;
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(session));
        load.Start(callers: 8, lanes: 24);

        await Eventually.DelayAsync(ChaosRun.Choose(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60)));

        await load.StopAsync(ChaosRun.HangTimeout);
        output.WriteLine($"{load.Describe(TimeSpan.FromSeconds(10))}; by {client.Transport}");
        load.Errors.HasAny.ShouldBeFalse($"{transport}: {load.Errors}");
        load.FindErrors(atServer, atClient).ShouldBeEmpty(transport);
        client.SessionId.ShouldBe(session, transport);
        client.CurrentPeer!.Parameters.Epoch.ShouldBe(1u, $"{transport}: the path was treated as dead, and another one was opened.");
    }
}
