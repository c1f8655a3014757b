using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>A client with default options finds a path through real proxies, or reports why there is none.</summary>
[SupportedOSPlatform("linux")]
[Collection(MeasuredPaths.Name)]
public sealed class ThroughProxies(ITestOutputHelper output)
{
    private const int Megabytes = 10;
    private const int Connects = 5;

    public static TheoryData<string> Names => ProxyTable.Names(_ => true);

    [Theory, MemberData(nameof(Names))]
    public async Task Client_finds_the_expected_path_and_carries_calls_and_bytes_in_both_directions(string name)
    {
        ProxyPath path = ProxyTable.Find(name);

        Measurement measured = await MeasureAsync(path);
        LabResults.Measured[name] = measured;

        output.WriteLine(measured.Report.ToString());
        output.WriteLine(
            $"Plain GET {measured.PlainMilliseconds:F1} ms, first call {measured.FirstCallMilliseconds:F1} ms, "
            + $"next call {measured.CallMilliseconds:F2} ms, {Megabytes} MB up at {measured.UploadRate:F1} MB/s, "
            + $"down at {measured.DownloadRate:F1} MB/s.");
        measured.Report.Winner.ShouldNotBeNull().Transport.ShouldBe(path.ExpectedTransport);
    }

    /// <summary>The client has only the transports that do not work there.</summary>
    [Fact]
    public async Task Connect_without_a_working_transport_reports_the_reason_of_each_attempt()
    {
        ProxyPath path = ProxyTable.Find("nginx, http");
        await using LabSetup setup = await LabSetup.StartAsync(path);

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => setup.ConnectAsync(options =>
        {
            foreach (ITransport working in options.Transports.Where(t => path.WorkingTransports.Contains(t.Name)).ToArray())
            {
                options.Transports.Remove(working);
            }
        }).WaitAsync(Workload.HangTimeout));

        output.WriteLine(error.Message);
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Report.Winner.ShouldBeNull();
        error.Report.Attempts.Select(a => a.Transport).ShouldBe(ProxyTable.InOrder(
            ["connect", "upgrade", "websocket", "reverse-http", "extended-connect", "http2-post", "two-connection"]));
        error.Report.Attempts.ShouldAllBe(a => a.Reason.Length > 0 && error.Message.Contains(a.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task HAProxy_delays_two_connection_unless_http_no_delay_is_set()
    {
        double stock = await MedianCallAsync("HAProxy, http");
        double noDelay = await MedianCallAsync("HAProxy, no delay, http");

        // HAProxy sends with MSG_MORE by default, so the kernel delays the bytes of each direction by up to 200 ms.
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
    public async Task Report_states_the_effect_of_the_proxy(string name, string transport, int? status, string reason)
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
    public async Task Squid_without_valid_credentials_refuses_with_407_and_the_report_states_it(
        string name, string? password, string reason)
    {
        await using LabSetup setup = await LabSetup.StartAsync(ProxyTable.Find(name));

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => setup.ConnectAsync(
            options => options.ProxyCredentials = password is null ? null : new NetworkCredential("ann", password))
            .WaitAsync(Workload.HangTimeout));

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
            await using TunnelClient newClient = setup.CreateClient();
            await newClient.Get<ILabService>().EchoAsync("").WaitAsync(Workload.HangTimeout);
        });
        await using TunnelClient client = await setup.ConnectAsync().WaitAsync(Workload.HangTimeout);
        PathReport report = client.Report!;
        await Workload.ShouldCarryCallsAsync(client);
        double call = await Workload.MedianCallAsync(client);
        double up = await Workload.UploadAsync(client, Megabytes * 1_000_000);
        double down = await Workload.DownloadAsync(client, Megabytes * 1_000_000);
        return new Measurement(plain, first, call, up, down, report);
    }

    /// <summary>Returns the median duration of <paramref name="work"/> in milliseconds, after one run that is not counted.</summary>
    private static async Task<double> MedianAsync(Func<Task> work)
    {
        await work();
        double[] durations = new double[Connects];
        for (int i = 0; i < durations.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await work();
            durations[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return Workload.Median(durations);
    }

    private async Task<double> MedianCallAsync(string name)
    {
        await using LabSetup setup = await LabSetup.StartAsync(ProxyTable.Find(name));
        await using TunnelClient client = await setup
            .ConnectAsync(options => LabSetup.UseOnly(options, "two-connection"))
            .WaitAsync(Workload.HangTimeout);
        output.WriteLine(client.Report!.ToString());
        return await Workload.MedianCallAsync(client);
    }
}
