using System.Net;
using TunnelRpc.Chaos.Contract;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Chaos.Load;
using TunnelRpc.Chaos.Net;
using TunnelRpc.Client;
using Xunit.Abstractions;

namespace TunnelRpc.Chaos;

/// <summary>The process of the server, or of a proxy on the path, is stopped by SIGSTOP for seconds, and continued.</summary>
public sealed class StoppedProcess(ITestOutputHelper output)
{
    private const int Callers = 32;
    private static readonly int[] Stops = ChaosRun.Choose<int[]>([1, 10], [1, 10, 40]);

    [Fact]
    public async Task Server_that_is_stopped_for_seconds_fails_no_call()
    {
        string journal = Path.GetTempFileName();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Find());
        await using ServerProcess server = await ServerProcess.StartAsync(address, journal);

        await StopUnderLoadAsync(new Uri($"http://{address}"), server.SignalAsync, journal);

        File.Delete(journal);
    }

    [Fact]
    public async Task Proxy_on_the_path_that_is_stopped_for_seconds_fails_no_call()
    {
        string journal = Path.GetTempFileName();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Find());
        await using ServerProcess server = await ServerProcess.StartAsync(address, journal);
        await using HaproxyProcess proxy = await HaproxyProcess.StartAsync(address.Port);

        await StopUnderLoadAsync(proxy.Address, proxy.SignalWorkersAsync, journal);

        File.Delete(journal);
    }

    private async Task StopUnderLoadAsync(Uri address, Func<string, Task> signal, string journal)
    {
        await using var client = new TunnelClient(Clients.CreateOptions(address, new CountingLedger()));
        await client.ConnectAsync().WaitAsync(ChaosRun.HangTimeout);
        string session = client.SessionId!;
        var calls = new OutcomeCalls(client.Get<IChaosPeer>());
        using var stopping = new CancellationTokenSource();
        Task running = calls.RunAsync(Callers, stopping.Token);
        foreach (int seconds in Stops)
        {
            long before = calls.Succeeded;
            await Eventually.TrueAsync(() => calls.Succeeded > before + 500, $"calls complete; {calls}");
            await signal("STOP");
            await Eventually.DelayAsync(TimeSpan.FromSeconds(seconds));
            await signal("CONT");
            before = calls.Succeeded;
            await Eventually.TrueAsync(() => calls.Succeeded > before + 500, $"calls complete after {seconds} s; {calls}");
        }

        await stopping.CancelAsync();
        await running.WaitAsync(ChaosRun.HangTimeout);
        output.WriteLine($"stopped for {string.Join(", ", Stops)} s: {calls}; {ChaosRun.Replay}");
        calls.FindErrors(Journal.Read(journal), ChaosRun.HangTimeout).ShouldBeEmpty($"{calls}; {ChaosRun.Replay}");
        calls.Count(TunnelCallOutcome.Unknown).ShouldBe(0);
        calls.Count(TunnelCallOutcome.NotSent).ShouldBe(0);
        client.SessionId.ShouldBe(session);
    }
}
