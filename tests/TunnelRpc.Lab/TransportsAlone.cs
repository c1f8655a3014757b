using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Client.Negotiation;
using TunnelRpc.Transports;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>Each transport by itself through each proxy: it carries calls, or fails within its ceiling and says why.</summary>
[SupportedOSPlatform("linux")]
public abstract class TransportsAlone(ITestOutputHelper output)
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(5);

    /// <summary>Between the ceiling and the moment at which it must have been kept, on a machine that does much else.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    protected async Task ShouldCarryCallsOrSayWhyNotAsync(string name)
    {
        ProxyPath path = ProxyTable.Find(name);
        await using LabSetup setup = await LabSetup.StartAsync(path);

        TransportAlone[] tried = await Task.WhenAll(HttpTransports.Default.Select(t => TryAsync(setup, t.Name)));
        foreach (TransportAlone alone in tried)
        {
            output.WriteLine($"{alone.Attempt}{(alone.Calls is null ? "" : $"; then its calls failed: {alone.Calls}")}");
        }

        LabRecord.Alone[name] = tried;
        tried.Where(t => t.Works).Select(t => t.Transport).ShouldBe(ProxyTable.InOrder(path.Passes), setup.Output);
        foreach (TransportAlone failed in tried.Where(t => !t.Works))
        {
            failed.Calls.ShouldBeNull($"{failed.Transport} proved a path that carries no calls.");
            failed.Attempt.Outcome.ShouldBeOneOf(AttemptOutcome.Failed, AttemptOutcome.TimedOut);
            failed.Attempt.Reason.ShouldNotBeNullOrWhiteSpace();
            failed.Attempt.Elapsed.ShouldBeLessThan(Ceiling + Slack);
        }
    }

    private static async Task<TransportAlone> TryAsync(LabSetup setup, string transport)
    {
        await using TunnelClient client = setup.CreateClient(options =>
        {
            LabSetup.Choose(options, transport);
            options.AttemptTimeout = Ceiling;
        });
        try
        {
            await client.ConnectAsync().WaitAsync(Workload.Guard);
        }
        catch (TunnelConnectException error)
        {
            return new TransportAlone(transport, false, error.Report.Attempts.Single(), null);
        }

        PathAttempt attempt = client.Report!.Attempts.Single();
        try
        {
            await Workload.ShouldCarryCallsAsync(client);
            return new TransportAlone(transport, true, attempt, null);
        }
        catch (Exception error)
        {
            // Whatever it is, it belongs to this transport's line beside the others', and fails the test there.
            return new TransportAlone(transport, false, attempt, error.Message);
        }
    }
}
