using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>A client with default options finds its own path through real proxies, or says why there is none.</summary>
[SupportedOSPlatform("linux")]
[Collection(MeasuredPaths.Name)]
public sealed class ThroughProxies(ITestOutputHelper output)
{
    private const int Megabytes = 10;
    private const int Connects = 5;

    public static TheoryData<string> Names => ProxyTable.Names(_ => true);

    [Theory, MemberData(nameof(Names))]
    public async Task The_client_finds_its_path_and_calls_and_bytes_go_both_ways(string name)
    {
        ProxyPath path = ProxyTable.Find(name);

        Measurement measured = await MeasureAsync(path);
        LabResults.Measured[name] = measured;

        output.WriteLine(measured.Report.ToString());
        output.WriteLine(
            $"Plain GET {measured.PlainMilliseconds:F1} ms, first answered call {measured.FirstCallMilliseconds:F1} ms, call {measured.CallMilliseconds:F2} ms, "
            + $"{Megabytes} MB up at {measured.UploadRate:F1} MB/s, down at {measured.DownloadRate:F1} MB/s.");
        measured.Report.Winner.ShouldNotBeNull().Transport.ShouldBe(path.ExpectedTransport);
    }

    /// <summary>The transports are left out that find a path there.</summary>
    [Fact]
    public async Task Where_nothing_passes_the_error_says_why_for_each_attempt()
    {
        ProxyPath path = ProxyTable.Find("nginx, http");
        await using LabSetup setup = await LabSetup.StartAsync(path);

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => setup.ConnectAsync(options =>
        {
            foreach (ITransport passing in options.Transports.Where(t => path.WorkingTransports.Contains(t.Name)).ToArray())
            {
                options.Transports.Remove(passing);
            }
        }).WaitAsync(Workload.HangTimeout));

        output.WriteLine(error.Message);
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Report.Winner.ShouldBeNull();
        error.Report.Attempts.Select(a => a.Transport).ShouldBe(ProxyTable.InOrder(["connect", "upgrade", "websocket", "reverse-http", "extended-connect", "http2-post", "two-connection"]));
        error.Report.Attempts.ShouldAllBe(a => a.Reason.Length > 0 && error.Message.Contains(a.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task HAProxy_holds_two_connection_back_unless_it_is_told_not_to()
    {
        double stock = await MedianCallAsync("HAProxy, http");
        double noDelay = await MedianCallAsync("HAProxy, no delay, http");

        // The kernel sends what HAProxy said would be followed by more after 200 ms, in each direction.
        output.WriteLine($"A call over two-connection, median: {stock:F1} ms; with http-no-delay {noDelay:F1} ms.");
        noDelay.ShouldBeLessThan(stock / 2);
    }

    [Theory]
    [InlineData("nginx, http", "upgrade", 426, "removed it")]
    [InlineData("nginx, http", "reverse-http", 426, "removed it")]
    [InlineData("nginx, http", "websocket", 426, "removed it")]
    [InlineData("nginx, http", "two-connection", null, "the upload is buffered until it is complete")]
    [InlineData("mitmproxy, reverse, http", "n-plus-one", null, "the download is buffered")]
    [InlineData("Privoxy, http", "two-connection", null, "the upload is buffered until it is complete")]
    public async Task The_report_says_what_the_proxy_did(string name, string transport, int? status, string reason)
    {
        await using LabSetup setup = await LabSetup.StartAsync(ProxyTable.Find(name));

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => setup.ConnectAsync(options =>
        {
            LabSetup.UseOnly(options, transport);
            options.AttemptTimeout = TimeSpan.FromSeconds(6);
        }).WaitAsync(Workload.HangTimeout));

        output.WriteLine(error.Message);
        PathAttempt attempt = error.Report.Attempts.Single();
        attempt.HttpStatus.ShouldBe(status);
        attempt.Reason.ShouldContain(reason);
    }

    [Theory]
    [InlineData("Squid, Basic, http", null, "none are configured")]
    [InlineData("Squid, Basic, http", "wrong", "refused the configured credentials")]
    [InlineData("Squid, Digest, http", null, "none are configured")]
    [InlineData("Squid, Digest, http", "wrong", "refused the configured credentials")]
    public async Task Squid_without_the_right_credentials_refuses_with_407_and_the_report_says_so(string name, string? password, string reason)
    {
        await using LabSetup setup = await LabSetup.StartAsync(ProxyTable.Find(name));

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => setup.ConnectAsync(
            options => options.ProxyCredentials = password is null ? null : new NetworkCredential("ann", password)).WaitAsync(Workload.HangTimeout));

        output.WriteLine(error.Message);
        PathAttempt connect = error.Report.Attempts[0];
        (connect.Transport, connect.Outcome, connect.HttpStatus).ShouldBe(("connect", AttemptOutcome.Failed, 407));
        connect.Reason.ShouldContain(reason);
        error.Report.Attempts.ShouldAllBe(a => a.Outcome == AttemptOutcome.Failed);
    }

    internal static async Task<Measurement> MeasureAsync(ProxyPath path)
    {
        await using LabSetup setup = await LabSetup.StartAsync(path);
        double plain = await MedianAsync(async () =>
        {
            using var hang = new CancellationTokenSource(Workload.HangTimeout);
            await setup.GetPlainAsync(hang.Token);
        });
        double first = await MedianAsync(async () =>
        {
            await using TunnelClient one = setup.CreateClient();
            await one.Get<ILabService>().EchoAsync("").WaitAsync(Workload.HangTimeout);
        });
        await using TunnelClient client = await setup.ConnectAsync().WaitAsync(Workload.HangTimeout);
        PathReport report = client.Report!;
        await Workload.ShouldCarryCallsAsync(client);
        double call = await Workload.MedianCallAsync(client);
        double up = await Workload.UploadAsync(client, Megabytes * 1_000_000);
        double down = await Workload.DownloadAsync(client, Megabytes * 1_000_000);
        return new Measurement(plain, first, call, up, down, report);
    }

    /// <summary>How long <paramref name="work"/> takes, in milliseconds, once the proxy has warmed up.</summary>
    private static async Task<double> MedianAsync(Func<Task> work)
    {
        await work();
        double[] taken = new double[Connects];
        for (int i = 0; i < taken.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await work();
            taken[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return Workload.Median(taken);
    }

    private async Task<double> MedianCallAsync(string name)
    {
        await using LabSetup setup = await LabSetup.StartAsync(ProxyTable.Find(name));
        await using TunnelClient client = await setup.ConnectAsync(options => LabSetup.UseOnly(options, "two-connection")).WaitAsync(Workload.HangTimeout);
        output.WriteLine(client.Report!.ToString());
        return await Workload.MedianCallAsync(client);
    }
}
