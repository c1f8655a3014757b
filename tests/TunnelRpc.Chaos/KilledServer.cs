using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Client;
using Xunit.Abstractions;

namespace TunnelRpc.Chaos;

/// <summary>A server that is killed under load and started again.</summary>
public sealed class KilledServer(ITestOutputHelper output)
{
    private const int Callers = 32;
    private const int Crowd = 2_000;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    /// <summary>The time after its deadline within which a call must have ended, on a loaded machine.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    private static readonly int Kills = ChaosRun.Choose(4, 60);

    [Fact]
    public async Task Call_ends_with_a_true_outcome_when_the_server_is_killed_and_restarted()
    {
        string journal = Path.GetTempFileName();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Find());
        ServerProcess server = await ServerProcess.StartAsync(address, journal);
        TunnelClientOptions options = Clients.CreateOptions(new Uri($"http://{address}"), new CountingLedger());
        options.MaxReconnectDelay = TimeSpan.FromSeconds(1);
        await using var client = new TunnelClient(options);
        var states = new ConcurrentQueue<TunnelClientState>();
        client.StateChanged += (_, change) => states.Enqueue(change.State);
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        var calls = new OutcomeCalls(client.Get<IChaosPeer>().With(timeout: CallTimeout));
        using var stopping = new CancellationTokenSource();
        Task running = calls.RunAsync(Callers, stopping.Token);
        var recoveryTimes = new List<double>();
        try
        {
            for (int kill = 0; kill < Kills; kill++)
            {
                long completed = calls.Succeeded;
                await Eventually.TrueAsync(() => calls.Succeeded > completed + 500, "calls complete");
                string session = client.SessionId!;
                await server.KillAsync();
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(address, journal);
                long up = Stopwatch.GetTimestamp();
                long before = calls.Succeeded;
                await Eventually.TrueAsync(
                    () => calls.Succeeded > before && client.SessionId is { } now && now != session,
                    $"calls complete after kill {kill}; {calls}");
                recoveryTimes.Add(Stopwatch.GetElapsedTime(up).TotalMilliseconds);
            }

            await stopping.CancelAsync();
            await running.WaitAsync(CallTimeout + Slack);
        }
        finally
        {
            await server.DisposeAsync();
        }

        output.WriteLine(
            $"{Kills} kills under {Callers} callers: {calls}; from the server's start to the first reply "
            + $"{RecoveryMonitor.Describe(recoveryTimes)}; {ChaosRun.Replay}");
        calls.FindErrors(Journal.Read(journal), CallTimeout + Slack).ShouldBeEmpty($"{calls}; {ChaosRun.Replay}");
        calls.Count(TunnelCallOutcome.Unknown).ShouldBeGreaterThan(0, "Calls were in flight when the server was killed.");
        states.Count(s => s == TunnelClientState.Connected).ShouldBeGreaterThanOrEqualTo(Kills + 1, string.Join(", ", states));
        states.Count(s => s is TunnelClientState.Resuming or TunnelClientState.Connecting)
            .ShouldBeGreaterThanOrEqualTo(Kills + 1, string.Join(", ", states));
        File.Delete(journal);
    }

    [Fact]
    public async Task Two_thousand_clients_are_back_after_their_server_was_killed_and_restarted()
    {
        string journal = Path.GetTempFileName();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Find());
        ServerProcess server = await ServerProcess.StartAsync(address, journal);
        var clients = new List<TunnelClient>();
        try
        {
            for (int i = 0; i < Crowd; i++)
            {
                clients.Add(new TunnelClient(Clients.CreateOptions(new Uri($"http://{address}"), new CountingLedger(), "upgrade")));
            }

            await Task.WhenAll(clients.Select(client => client.ConnectAsync())).WaitAsync(ChaosRun.HangTimeout);
            HashSet<string?> sessions = [.. clients.Select(client => client.SessionId)];
            await server.KillAsync();
            await server.DisposeAsync();
            server = await ServerProcess.StartAsync(address, journal);
            long up = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(
                () => clients.All(client => client.State == TunnelClientState.Connected
                    && client.SessionId is { } session
                    && !sessions.Contains(session)),
                "all clients have a new session");

            output.WriteLine($"{Crowd} clients are back {Stopwatch.GetElapsedTime(up).TotalSeconds:F1} s after the start of the server");
        }
        finally
        {
            await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
            await server.DisposeAsync();
        }

        File.Delete(journal);
    }
}
