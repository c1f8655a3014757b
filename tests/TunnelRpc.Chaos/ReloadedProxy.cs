using System.Diagnostics;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;
using Xunit.Abstractions;

namespace TunnelRpc.Chaos;

/// <summary>A reverse proxy that is reloaded while both sides call and stream through it.</summary>
public sealed class ReloadedProxy(ITestOutputHelper output)
{
    private static readonly int Reloads = ChaosRun.Choose(5, 100);

    [Fact]
    public async Task Reload_of_HAProxy_loses_no_call_or_stream()
    {
        var atServer = new CountingLedger();
        var atClient = new CountingLedger();
        await using ChaosServer server = await ChaosServer.StartAsync(atServer);
        await using HaproxyProcess proxy = await HaproxyProcess.StartAsync(server.Address.Port);

        // The path is one connection, which the reload ends. A path of many exchanges would continue through the reload.
        TunnelClientOptions options = Clients.CreateOptions(proxy.Address, atClient, "upgrade");
        await using var client = new TunnelClient(options);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        using var load = new TwoWayLoad(client.Get<IChaosPeer>(), server.Clients.Session(session));
        load.Start(callers: 16, lanes: 8);
        long began = Stopwatch.GetTimestamp();

        for (int reload = 0; reload < Reloads && !load.Errors.HasAny; reload++)
        {
            uint epoch = client.CurrentPeer!.Parameters.Epoch;
            await proxy.ReloadAsync();
            await Eventually.TrueAsync(
                () => client.CurrentPeer?.Parameters.Epoch > epoch || load.Errors.HasAny,
                $"the session is on another path after reload {reload}; {proxy.Output}");
            await load.WaitForRepliesAsync(ChaosRun.HangTimeout);
        }

        await load.StopAsync(ChaosRun.HangTimeout);
        output.WriteLine($"{Reloads} reloads by {client.Transport}; {load.Describe(Stopwatch.GetElapsedTime(began))}; {ChaosRun.Replay}");
        load.Errors.HasAny.ShouldBeFalse($"{load.Errors}; {ChaosRun.Replay}");
        load.FindErrors(atServer, atClient).ShouldBeEmpty(ChaosRun.Replay);
        client.SessionId.ShouldBe(session);
        server.Log.Errors.ShouldBeEmpty();
    }
}
