using System.Diagnostics;
using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>A proxy that dies and comes back: so does the client that goes on calling.</summary>
[SupportedOSPlatform("linux")]
public sealed class RestartedProxies(ITestOutputHelper output)
{
    /// <summary>Between two calls that found no path.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan RecoveryTimeout = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Names => ProxyTable.Names(p => p.Program is not null);

    [Theory, MemberData(nameof(Names))]
    public async Task The_client_comes_back_when_the_proxy_does(string name)
    {
        await using LabSetup setup = await LabSetup.StartAsync(ProxyTable.Find(name));
        await using TunnelClient client = await setup.ConnectAsync().WaitAsync(Workload.HangTimeout);
        ILabService service = client.Get<ILabService>();
        (await service.EchoAsync("before").WaitAsync(Workload.HangTimeout)).ShouldBe("before");

        await setup.Proxy!.KillAsync();
        Task<string> meanwhile = service.EchoAsync("meanwhile");
        await setup.Proxy.RestartAsync();
        long began = Stopwatch.GetTimestamp();
        string answer = await CallUntilSuccessAsync(service).WaitAsync(RecoveryTimeout);

        answer.ShouldBe("after");
        (await service.CallBackAsync("after").WaitAsync(Workload.HangTimeout)).ShouldBe("AFTER");
        string fate = await OutcomeAsync(meanwhile).WaitAsync(RecoveryTimeout);
        output.WriteLine($"Back {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms after the proxy, by {client.Transport}. A call made while it was down {fate}.");
    }

    /// <summary>Either is right: the call found no path, or it waited for one.</summary>
    private static async Task<string> OutcomeAsync(Task<string> call)
    {
        try
        {
            (await call).ShouldBe("meanwhile");
            return "was answered";
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
                // No path yet: the next call looks for one again.
                await pause.WaitForNextTickAsync();
            }
        }
    }
}
