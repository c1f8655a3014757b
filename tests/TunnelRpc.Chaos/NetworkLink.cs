using System.Diagnostics;
using System.Net;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;

namespace TunnelRpc.Chaos;

/// <summary>A cable that is pulled: nobody gets RST or FIN, packets are lost, connecting fails.</summary>
public sealed class NetworkLink(ITestOutputHelper output)
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMilliseconds(500);

    [NamespaceFact]
    public async Task Nothing_is_lost_when_the_link_is_down_for_seconds()
    {
        double[] outages = ChaosRun.Choose<double[]>([1, 3], [1, 2, 3, 5, 8, 10, 1, 2, 3, 5, 8, 10]);
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        string journal = Path.GetTempFileName();
        var address = new IPEndPoint(network.NamespaceAddress, FreePort.Find());
        await using ServerProcess server = await ServerProcess.StartAsync(address, journal, network.CommandPrefix);
        await using TunnelClient client = CreateClient(address);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        var faults = new LoadErrors();
        var calls = new NumberedCalls(client.Get<IChaosPeer>(), faults, 21);
        var streams = new NumberedStreams(client.Get<IChaosPeer>(), faults, 22);
        using var stopping = new CancellationTokenSource();
        Task running = Task.WhenAll(calls.RunAsync(16, stopping.Token), streams.RunAsync(8, stopping.Token));
        var back = new List<double>();

        foreach (double outage in outages)
        {
            await network.SetLinkAsync(up: false);
            await Eventually.DelayAsync(TimeSpan.FromSeconds(outage));
            long answered = calls.Completed;
            await network.SetLinkAsync(up: true);
            long up = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(() => calls.Completed > answered || faults.HasAny, $"calls are answered again after {outage} s without a link");
            back.Add(Stopwatch.GetElapsedTime(up).TotalMilliseconds);
        }

        await stopping.CancelAsync();
        await running.WaitAsync(ChaosRun.HangTimeout);
        output.WriteLine($"{outages.Length} outages of {outages.Min()} to {outages.Max()} s: from the link to the first answer {RecoveryMonitor.Describe(back)}; {calls.Completed} calls, {streams.Completed} streams; {ChaosRun.Replay}");
        faults.HasAny.ShouldBeFalse($"{faults}; {ChaosRun.Replay}");
        Dictionary<long, int> runs = Journal.Read(journal);
        runs.Where(r => r.Value != 1).ShouldBeEmpty(ChaosRun.Replay);
        runs.Count.ShouldBe((int)calls.Started, ChaosRun.Replay);
        client.SessionId.ShouldBe(session);
        File.Delete(journal);
    }

    [NamespaceFact]
    public async Task A_path_to_a_machine_that_was_restarted_is_noticed_and_its_calls_end()
    {
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        string journal = Path.GetTempFileName();
        var address = new IPEndPoint(network.NamespaceAddress, FreePort.Find());
        await using ServerProcess first = await ServerProcess.StartAsync(address, journal, network.CommandPrefix);
        await using TunnelClient client = CreateClient(address);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        (await client.Get<IChaosPeer>().CountAsync(1, [1]).WaitAsync(ChaosRun.HangTimeout)).ShouldBe(Replies.For(1, [1]));

        // Without the link, nothing of the server's end reaches the client.
        await network.SetLinkAsync(up: false);
        long lost = Stopwatch.GetTimestamp();
        await first.KillAsync();
        Task<byte[]> pending = client.Get<IChaosPeer>().CountAsync(2, [2]);
        Task<byte[]> repeated = client.Get<IChaosPeer>().CountIdempotentAsync(3, [3]);
        await Eventually.TrueAsync(() => client.State == TunnelClientState.Resuming, "the client notices that its path is dead");
        TimeSpan noticed = Stopwatch.GetElapsedTime(lost);
        pending.IsCompleted.ShouldBeFalse("the session might come back.");
        await using ServerProcess second = await ServerProcess.StartAsync(address, journal, network.CommandPrefix);
        await network.SetLinkAsync(up: true);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => pending).WaitAsync(ChaosRun.HangTimeout);
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Outcome.ShouldBe(TunnelCallOutcome.Unknown);
        (await repeated.WaitAsync(ChaosRun.HangTimeout)).ShouldBe(Replies.For(3, [3]));
        (await client.Get<IChaosPeer>().CountAsync(4, [4]).WaitAsync(ChaosRun.HangTimeout)).ShouldBe(Replies.For(4, [4]));
        client.SessionId.ShouldNotBe(session);
        Journal.Read(journal).ShouldBe(new Dictionary<long, int> { [1] = 1, [3] = 1, [4] = 1 }, ignoreOrder: true);
        output.WriteLine($"Noticed after {noticed.TotalSeconds:F1} s with a ping every {KeepAlive.TotalSeconds} s.");
        noticed.ShouldBeLessThan(ChaosRun.HangTimeout / 2);
        File.Delete(journal);
    }

    private static TunnelClient CreateClient(IPEndPoint address)
    {
        TunnelClientOptions options = Clients.CreateOptions(new Uri($"http://{address}"), new CountingLedger(), "upgrade", "websocket");
        options.KeepAliveInterval = KeepAlive;
        options.AttemptTimeout = TimeSpan.FromSeconds(1);
        options.MaxReconnectDelay = TimeSpan.FromMilliseconds(500);
        return new TunnelClient(options);
    }
}
