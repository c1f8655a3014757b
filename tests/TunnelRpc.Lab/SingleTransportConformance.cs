using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>Each transport by itself through each proxy: it carries calls, or fails within its ceiling and says why.</summary>
[SupportedOSPlatform("linux")]
public abstract class SingleTransportConformance(ITestOutputHelper output)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Between the ceiling and the moment at which it must have been kept, on a machine that does much else.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    protected async Task ShouldCarryCallsOrSayWhyNotAsync(string name)
    {
        ProxyPath path = ProxyTable.Find(name);
        await using LabSetup setup = await LabSetup.StartAsync(path);

        SingleTransportResult[] tried = await Task.WhenAll(HttpTransports.Default.Select(t => TryAsync(setup, t.Name)));
        foreach (SingleTransportResult alone in tried)
        {
            output.WriteLine($"{alone.Attempt}{(alone.Calls is null ? "" : $"; then its calls failed: {alone.Calls}")}");
        }

        LabResults.SingleTransport[name] = tried;
        tried.Where(t => t.Works).Select(t => t.Transport).ShouldBe(ProxyTable.InOrder(path.WorkingTransports), setup.Output);
        foreach (SingleTransportResult failed in tried.Where(t => !t.Works))
        {
            failed.Calls.ShouldBeNull($"{failed.Transport} proved a path that carries no calls.");
            failed.Attempt.Outcome.ShouldBeOneOf(AttemptOutcome.Failed, AttemptOutcome.TimedOut);
            failed.Attempt.Reason.ShouldNotBeNullOrWhiteSpace();
            failed.Attempt.Elapsed.ShouldBeLessThan(AttemptTimeout + Slack);
        }
    }

    private static async Task<SingleTransportResult> TryAsync(LabSetup setup, string transport)
    {
        await using TunnelClient client = setup.CreateClient(options =>
        {
            LabSetup.UseOnly(options, transport);
            options.AttemptTimeout = AttemptTimeout;
        });
        try
        {
            await client.ConnectAsync().WaitAsync(Workload.HangTimeout);
        }
        catch (TunnelConnectException error)
        {
            return new SingleTransportResult(transport, false, error.Report.Attempts.Single(), null);
        }

        PathAttempt attempt = client.Report!.Attempts.Single();
        try
        {
            await Workload.ShouldCarryCallsAsync(client);
            return new SingleTransportResult(transport, true, attempt, null);
        }
        catch (Exception error)
        {
            // Whatever it is, it belongs to this transport's line beside the others', and fails the test there.
            return new SingleTransportResult(transport, false, attempt, error.Message);
        }
    }
}
