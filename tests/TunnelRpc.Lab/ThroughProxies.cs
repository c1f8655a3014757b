using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Client.Negotiation;
using TunnelRpc.Transports;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>The client finds its own path through real proxies, or says why there is none.</summary>
[SupportedOSPlatform("linux")]
public sealed class ThroughProxies(ITestOutputHelper output)
{
    /// <summary>A hang guard, far above what any case takes.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    /// <summary>Which transport wins behind which proxy.</summary>
    public static TheoryData<string, string> ExpectedWinners => new()
    {
        { "haproxy", "upgrade" },
        { "nginx-websocket", "upgrade" },
        { "squid", "connect" },
        { "squid-basic", "connect" },
    };

    [Theory, MemberData(nameof(ExpectedWinners))]
    public async Task The_client_finds_its_path_and_calls_go_both_ways(string name, string winner)
    {
        await using LabServer server = await LabServer.StartAsync();
        (ProxyProgram program, bool forward) = Program(name);
        await using ProxyProcess proxy = await ProxyProcess.StartAsync(program, server.Port);

        await using TunnelClient client = await LabServer.ConnectAsync(forward ? server.Address : proxy.Address, options =>
        {
            if (forward)
            {
                options.Proxy = proxy.Address;
            }

            if (name == "squid-basic")
            {
                options.ProxyCredentials = new NetworkCredential("ann", "secret");
            }
        }).WaitAsync(Guard);

        output.WriteLine(client.Report!.ToString());
        client.Transport.ShouldBe(winner, proxy.Output);
        client.Report.Winner.ShouldNotBeNull().Transport.ShouldBe(winner);
        await ShouldCarryCallsAsync(client);
    }

    [Theory]
    [InlineData("haproxy", "upgrade")]
    [InlineData("haproxy", "reverse-http")]
    [InlineData("haproxy", "two-connection")]
    [InlineData("nginx-websocket", "upgrade")]
    [InlineData("nginx-websocket", "reverse-http")]
    [InlineData("squid", "connect")]
    public async Task A_chosen_transport_passes(string name, string transport)
    {
        await using LabServer server = await LabServer.StartAsync();
        (ProxyProgram program, bool forward) = Program(name);
        await using ProxyProcess proxy = await ProxyProcess.StartAsync(program, server.Port);

        await using TunnelClient client = await LabServer.ConnectAsync(forward ? server.Address : proxy.Address, options =>
        {
            Choose(options, transport);
            options.Proxy = forward ? proxy.Address : null;
        }).WaitAsync(Guard);

        output.WriteLine(client.Report!.ToString());
        client.Transport.ShouldBe(transport);
        await ShouldCarryCallsAsync(client);
    }

    [Fact]
    public async Task HAProxy_holds_two_connection_back_unless_it_is_told_not_to()
    {
        double stock = await MedianCallAsync(ProxyProgram.HAProxy);
        double noDelay = await MedianCallAsync(ProxyProgram.HAProxyNoDelay);

        // The kernel sends what HAProxy said would be followed by more after 200 ms, in each direction.
        output.WriteLine($"A call over two-connection, median: {stock:F1} ms; with http-no-delay {noDelay:F1} ms.");
        noDelay.ShouldBeLessThan(200);
        noDelay.ShouldBeLessThan(stock / 2);
    }

    [Fact]
    public async Task Stock_nginx_passes_nothing_and_the_report_says_why()
    {
        await using LabServer server = await LabServer.StartAsync();
        await using ProxyProcess proxy = await ProxyProcess.StartAsync(ProxyProgram.NginxStock, server.Port);

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() =>
            LabServer.ConnectAsync(proxy.Address, options => options.AttemptTimeout = TimeSpan.FromSeconds(3)).WaitAsync(Guard));

        output.WriteLine(error.Message);
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Report.Winner.ShouldBeNull();
        error.Report.Attempts.Select(a => a.Transport).ShouldBe(["connect", "upgrade", "reverse-http", "two-connection"]);
        PathAttempt upgrade = error.Report.Attempts[1];
        (upgrade.Outcome, upgrade.HttpStatus).ShouldBe((AttemptOutcome.Failed, 426));
        upgrade.Reason.ShouldContain("removed it");
        PathAttempt reverse = error.Report.Attempts[2];
        (reverse.Outcome, reverse.HttpStatus).ShouldBe((AttemptOutcome.Failed, 426));
        reverse.Reason.ShouldContain("removed it");
        PathAttempt twoConnection = error.Report.Attempts[3];
        twoConnection.Outcome.ShouldBe(AttemptOutcome.TimedOut);
        twoConnection.Reason.ShouldContain("The download streams");
        twoConnection.Reason.ShouldContain("holds a request until its body ends");
        error.Message.ShouldContain(twoConnection.Reason);
    }

    [Theory]
    [InlineData(null, "none are configured")]
    [InlineData("wrong", "refused the configured credentials")]
    public async Task Squid_without_the_right_credentials_refuses_with_407_and_the_report_says_so(string? password, string reason)
    {
        await using LabServer server = await LabServer.StartAsync();
        await using ProxyProcess proxy = await ProxyProcess.StartAsync(ProxyProgram.SquidBasic, server.Port);

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() =>
            LabServer.ConnectAsync(server.Address, options =>
            {
                options.Proxy = proxy.Address;
                options.ProxyCredentials = password is null ? null : new NetworkCredential("ann", password);
            }).WaitAsync(Guard));

        output.WriteLine(error.Message);
        PathAttempt connect = error.Report.Attempts[0];
        (connect.Transport, connect.Outcome, connect.HttpStatus).ShouldBe(("connect", AttemptOutcome.Failed, 407));
        connect.Reason.ShouldContain(reason);
        error.Report.Attempts.Select(a => a.HttpStatus).ShouldBe([407, 407, 407, 407]);
    }

    /// <summary>How long an empty call takes, in milliseconds, when nothing else is under way.</summary>
    private async Task<double> MedianCallAsync(ProxyProgram program)
    {
        await using LabServer server = await LabServer.StartAsync();
        await using ProxyProcess proxy = await ProxyProcess.StartAsync(program, server.Port);
        await using TunnelClient client = await LabServer.ConnectAsync(proxy.Address, options => Choose(options, "two-connection")).WaitAsync(Guard);
        output.WriteLine(client.Report!.ToString());
        ILabService service = client.Get<ILabService>();
        double[] taken = new double[9];
        for (int i = 0; i < taken.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await service.EchoAsync("").WaitAsync(Guard);
            taken[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(taken);
        return taken[taken.Length / 2];
    }

    private static async Task ShouldCarryCallsAsync(TunnelClient client)
    {
        ILabService service = client.Get<ILabService>();
        (await service.EchoAsync("hello").WaitAsync(Guard)).ShouldBe("hello");
        (await service.CallBackAsync("hello").WaitAsync(Guard)).ShouldBe("HELLO");
        int expected = 0;
        using var hang = new CancellationTokenSource(Guard);
        await foreach (int number in service.CountAsync(500, hang.Token))
        {
            number.ShouldBe(expected++);
        }

        expected.ShouldBe(500);
        byte[] bytes = new byte[1_000_000];
        new Random(7).NextBytes(bytes);
        (await service.EchoBytesAsync(bytes).WaitAsync(Guard)).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        byte[] reversed = await service.CallBackBytesAsync(bytes).WaitAsync(Guard);
        Array.Reverse(reversed);
        reversed.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    private static void Choose(TunnelClientOptions options, string transport)
    {
        ITransport only = options.Transports.First(t => t.Name == transport);
        options.Transports.Clear();
        options.Transports.Add(only);
    }

    private static (ProxyProgram Program, bool IsForward) Program(string name) => name switch
    {
        "haproxy" => (ProxyProgram.HAProxy, false),
        "nginx-websocket" => (ProxyProgram.NginxWebSocket, false),
        "squid" => (ProxyProgram.Squid, true),
        "squid-basic" => (ProxyProgram.SquidBasic, true),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such proxy in the lab."),
    };
}
