using TunnelRpc.Testing.Hosting;
using Xunit;

namespace TunnelRpc.Calls.Tests.Diagnosis;

/// <summary>
/// Tests that TestWatchdogTests runs itself. xunit does not find them, because the class is not public.
/// </summary>
#pragma warning disable xUnit1000 // Test classes must be public
internal sealed class HangingScenario
#pragma warning restore xUnit1000
{
    /// <summary>Ends the scenarios that hang.</summary>
    public static WaitingService Service { get; } = new();

    [Fact]
    public async Task Hangs_since_a_call_waits_for_a_permit()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IWaiting>(
            Service, options => options.ConfigureServer = server => server.Limits.MaxConcurrentCalls = 1);
        Task first = host.Get<IWaiting>().WaitAsync(CancellationToken.None);
        await host.Get<IWaiting>().WaitAsync(CancellationToken.None);
        await first;
    }

    [Fact]
    public void Passes()
    {
    }
}
