using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>Each transport alone through each proxy: it carries calls, or fails within the time limit and reports the reason.</summary>
[SupportedOSPlatform("linux")]
public abstract class SingleTransportConformance(ITestOutputHelper output)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The time after the limit within which an attempt must have ended, on a loaded machine.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    protected async Task ShouldCarryCallsOrReportReasonAsync(string name)
    {
        ProxyPath path = ProxyTable.Find(name);
        await using LabSetup setup = await LabSetup.StartAsync(path);

        List<SingleTransportResult> results = [];
        foreach (string[] names in HttpTransports.Default.Select(t => t.Name).Chunk(path.Program is { SharesConnections: true } ? 1 : 100))
        {
            results.AddRange(await Task.WhenAll(names.Select(name => TryAsync(setup, name))));
        }

        foreach (SingleTransportResult result in results)
        {
            output.WriteLine($"{result.Attempt}{(result.Calls is null ? "" : $"; then its calls failed: {result.Calls}")}");
        }

        LabResults.SingleTransport[name] = results;
        results.Where(t => t.Works).Select(t => t.Transport).ShouldBe(ProxyTable.InOrder(path.WorkingTransports), setup.Output);
        foreach (SingleTransportResult failed in results.Where(t => !t.Works))
        {
            failed.Calls.ShouldBeNull($"{failed.Transport} established a path that carries no calls.");
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
            // Any exception is reported with this transport's attempt, and fails the test there.
            return new SingleTransportResult(transport, false, attempt, error.Message);
        }
    }
}
