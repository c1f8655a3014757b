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
        upgrade.Reason.ShouldContain("Upgrade");
        PathAttempt reverse = error.Report.Attempts[2];
        (reverse.Outcome, reverse.HttpStatus).ShouldBe((AttemptOutcome.Failed, 426));
        PathAttempt twoConnection = error.Report.Attempts[3];
        twoConnection.Outcome.ShouldBe(AttemptOutcome.TimedOut);
        twoConnection.Reason.ShouldContain("holds");
        error.Message.ShouldContain(twoConnection.Reason);
    }

    [Fact]
    public async Task Squid_without_credentials_refuses_with_407_and_the_report_says_so()
    {
        await using LabServer server = await LabServer.StartAsync();
        await using ProxyProcess proxy = await ProxyProcess.StartAsync(ProxyProgram.SquidBasic, server.Port);

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() =>
            LabServer.ConnectAsync(server.Address, options => options.Proxy = proxy.Address).WaitAsync(Guard));

        output.WriteLine(error.Message);
        PathAttempt connect = error.Report.Attempts[0];
        (connect.Transport, connect.Outcome, connect.HttpStatus).ShouldBe(("connect", AttemptOutcome.Failed, 407));
        connect.Reason.ShouldContain("credentials");
    }

    private static async Task ShouldCarryCallsAsync(TunnelClient client)
    {
        ILabService service = client.Get<ILabService>();
        (await service.EchoAsync("hello").WaitAsync(Guard)).ShouldBe("hello");
        (await service.CallBackAsync("hello").WaitAsync(Guard)).ShouldBe("HELLO");
        int expected = 0;
        await foreach (int number in service.CountAsync(500))
        {
            number.ShouldBe(expected++);
        }

        expected.ShouldBe(500);
        byte[] bytes = new byte[1_000_000];
        new Random(7).NextBytes(bytes);
        (await service.EchoBytesAsync(bytes).WaitAsync(Guard)).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        (await service.CallBackBytesAsync(1_000_000).WaitAsync(Guard)).ShouldBe(1_000_000);
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
