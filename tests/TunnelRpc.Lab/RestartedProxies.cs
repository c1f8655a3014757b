using System.Diagnostics;
using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>A proxy that is killed and restarted: a client that continues to call reconnects.</summary>
[SupportedOSPlatform("linux")]
public sealed class RestartedProxies(ITestOutputHelper output)
{
    /// <summary>The delay after a call that failed without a path.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan RecoveryTimeout = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Names => ProxyTable.Names(p => p.Program is not null);

    [Theory, MemberData(nameof(Names))]
    public async Task Client_reconnects_after_the_proxy_is_restarted(string name)
    {
        await using LabSetup setup = await LabSetup.StartAsync(ProxyTable.Find(name));
        await using TunnelClient client = await setup.ConnectAsync().WaitAsync(Workload.HangTimeout);
        ILabService service = client.Get<ILabService>();
        (await service.EchoAsync("before").WaitAsync(Workload.HangTimeout)).ShouldBe("before");

        await setup.Proxy!.KillAsync();
        Task<string> pending = service.EchoAsync("during");
        await setup.Proxy.RestartAsync();
        long began = Stopwatch.GetTimestamp();
        string reply = await CallUntilSuccessAsync(service).WaitAsync(RecoveryTimeout);

        reply.ShouldBe("after");
        (await service.CallBackAsync("after").WaitAsync(Workload.HangTimeout)).ShouldBe("AFTER");
        string outcome = await OutcomeAsync(pending).WaitAsync(RecoveryTimeout);
        output.WriteLine(
            $"A call completed {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms after the restart of the proxy, by "
            + $"{client.Transport}. A call that started while the proxy was down {outcome}.");
    }

    /// <summary>Both results are correct: the call failed without a path, or waited for one.</summary>
    private static async Task<string> OutcomeAsync(Task<string> call)
    {
        try
        {
            (await call).ShouldBe("during");
            return "completed";
        }
        catch (TunnelException error)
        {
            error.Status.ShouldBe(TunnelStatus.Unavailable);
            return "failed";
        }
    }

    private static async Task<string> CallUntilSuccessAsync(ILabService service)
    {
        using var pause = new PeriodicTimer(RetryDelay);
        while (true)
        {
            try
            {
                return await service.EchoAsync("after");
            }
            catch (TunnelException)
            {
                // There is no path yet: the next call connects again.
                await pause.WaitForNextTickAsync();
            }
        }
    }
}
