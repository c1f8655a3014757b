using System.Diagnostics;
using System.Net;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;
using Xunit.Abstractions;

namespace TunnelRpc.Chaos;

/// <summary>A link that is down: neither side gets RST or FIN, packets are dropped, and new connections fail.</summary>
public sealed class NetworkLink(ITestOutputHelper output)
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMilliseconds(500);

    [NamespaceFact]
    public async Task Session_on_a_link_that_is_down_for_seconds_loses_no_call_or_stream()
    {
        double[] outages = ChaosRun.Choose<double[]>([1, 3], [1, 2, 3, 5, 8, 10, 1, 2, 3, 5, 8, 10]);
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        string journal = Path.GetTempFileName();
        var address = new IPEndPoint(network.NamespaceAddress, FreePort.Find());
        await using ServerProcess server = await ServerProcess.StartAsync(address, journal, network.CommandPrefix);
        await using TunnelClient client = CreateClient(address);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        var errors = new LoadErrors();
        var calls = new NumberedCalls(client.Get<IChaosPeer>(), errors, 21);
        var streams = new NumberedStreams(client.Get<IChaosPeer>(), errors, 22);
        using var stopping = new CancellationTokenSource();
        Task running = Task.WhenAll(calls.RunAsync(16, stopping.Token), streams.RunAsync(8, stopping.Token));
        var recoveryTimes = new List<double>();

        foreach (double outage in outages)
        {
            await network.SetLinkAsync(up: false);
            await Eventually.DelayAsync(TimeSpan.FromSeconds(outage));
            long completed = calls.Completed;
            await network.SetLinkAsync(up: true);
            long up = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(
                () => calls.Completed > completed || errors.HasAny, $"calls complete again after {outage} s without a link");
            recoveryTimes.Add(Stopwatch.GetElapsedTime(up).TotalMilliseconds);
        }

        await stopping.CancelAsync();
        await running.WaitAsync(ChaosRun.HangTimeout);
        output.WriteLine(
            $"{outages.Length} outages of {outages.Min()} to {outages.Max()} s: from the restored link to the first reply "
            + $"{RecoveryMonitor.Describe(recoveryTimes)}; {calls.Completed} calls, {streams.Completed} streams; {ChaosRun.Replay}");
        errors.HasAny.ShouldBeFalse($"{errors}; {ChaosRun.Replay}");
        Dictionary<long, int> runs = Journal.Read(journal);
        runs.Where(r => r.Value != 1).ShouldBeEmpty(ChaosRun.Replay);
        runs.Count.ShouldBe((int)calls.Started, ChaosRun.Replay);
        client.SessionId.ShouldBe(session);
        File.Delete(journal);
    }

    [NamespaceFact]
    public async Task Path_to_a_restarted_machine_is_detected_as_dead_and_its_calls_end()
    {
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        string journal = Path.GetTempFileName();
        var address = new IPEndPoint(network.NamespaceAddress, FreePort.Find());
        await using ServerProcess first = await ServerProcess.StartAsync(address, journal, network.CommandPrefix);
        await using TunnelClient client = CreateClient(address);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        (await client.Get<IChaosPeer>().CountAsync(1, [1]).WaitAsync(ChaosRun.HangTimeout)).ShouldBe(Replies.For(1, [1]));

        // Without the link, no RST or FIN of the killed server reaches the client.
        await network.SetLinkAsync(up: false);
        long linkDown = Stopwatch.GetTimestamp();
        await first.KillAsync();
        Task<byte[]> pending = client.Get<IChaosPeer>().CountAsync(2, [2]);
        Task<byte[]> repeated = client.Get<IChaosPeer>().CountIdempotentAsync(3, [3]);
        await Eventually.TrueAsync(() => client.State == TunnelClientState.Resuming, "the client detects that its path is dead");
        TimeSpan detectionTime = Stopwatch.GetElapsedTime(linkDown);
        pending.IsCompleted.ShouldBeFalse("The session may still be resumed.");
        await using ServerProcess second = await ServerProcess.StartAsync(address, journal, network.CommandPrefix);
        await network.SetLinkAsync(up: true);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => pending).WaitAsync(ChaosRun.HangTimeout);
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Outcome.ShouldBe(TunnelCallOutcome.Unknown);
        (await repeated.WaitAsync(ChaosRun.HangTimeout)).ShouldBe(Replies.For(3, [3]));
        (await client.Get<IChaosPeer>().CountAsync(4, [4]).WaitAsync(ChaosRun.HangTimeout)).ShouldBe(Replies.For(4, [4]));
        client.SessionId.ShouldNotBe(session);
        Journal.Read(journal).ShouldBe(new Dictionary<long, int> { [1] = 1, [3] = 1, [4] = 1 }, ignoreOrder: true);
        output.WriteLine($"Detected after {detectionTime.TotalSeconds:F1} s with a ping every {KeepAlive.TotalSeconds} s.");
        detectionTime.ShouldBeLessThan(ChaosRun.HangTimeout / 2);
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
