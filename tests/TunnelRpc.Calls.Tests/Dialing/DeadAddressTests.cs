using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Shouldly;
using TunnelRpc.Calls.Tests.Apps;
using TunnelRpc.Client;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Calls.Tests.Dialing;

/// <summary>Names with several addresses, some of which do not work.</summary>
public sealed class DeadAddressTests(ITestOutputHelper output)
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);
    private static readonly IPAddress Good = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Silent = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Refusing = IPAddress.Parse("127.0.0.3");

    public static TheoryData<string, bool> TransportsAndOrders()
    {
        TheoryData<string, bool> cases = [];
        foreach (ITransport transport in HttpTransports.Default)
        {
            cases.Add(transport.Name, true);
            cases.Add(transport.Name, false);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(TransportsAndOrders))]
    public async Task First_call_passes_two_dead_addresses(string transport, bool blackHoleFirst)
    {
        bool isHttp2 = transport is "extended-connect" or "http2-post";
        await using GateApp app = await GateApp.StartAsync(build: b => b.WebHost.ConfigureKestrel(
            k => k.ConfigureEndpointDefaults(l => l.Protocols = isHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1)));
        await using ConnectProxy proxy = ConnectProxy.Start();
        int port = transport == "connect" ? proxy.Address.Port : app.Address.Port;
        using BlackHole hole = await BlackHole.StartAsync(Silent, port);
        IPAddress[] addresses = blackHoleFirst ? [Silent, Refusing, Good] : [Refusing, Silent, Good];
        long start = Stopwatch.GetTimestamp();

        await using var client = new TunnelClient(CreateOptions(transport == "connect" ? app.Address : Named(app.Address), addresses, o =>
        {
            Keep(o, transport);
            o.Proxy = transport == "connect" ? new Uri($"http://proxy.test:{port}/") : null;
        }));
        (await client.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout)).ShouldBe(1);

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{transport}: first call after {elapsed.TotalMilliseconds:F0} ms");
        output.WriteLine(client.Report!.ToString());

        // Well below AttemptTimeout, which a transport that waits for the first address needs.
        elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(8));
        PathAttempt winner = client.Report.Winner.ShouldNotBeNull();
        winner.Transport.ShouldBe(transport);
        winner.Addresses.Select(a => (a.Address.Address, a.Outcome)).ShouldBe(blackHoleFirst
            ? [(Silent, AddressOutcome.Abandoned), (Refusing, AddressOutcome.Refused), (Good, AddressOutcome.Connected)]
            : [(Refusing, AddressOutcome.Refused), (Silent, AddressOutcome.Abandoned), (Good, AddressOutcome.Connected)]);
        winner.ToString().ShouldContain($"127.0.0.1:{port} connected after");
    }

    [Fact]
    public async Task Next_session_tries_the_address_that_worked_first()
    {
        await using GateApp app = await GateApp.StartAsync();
        await using FaultProxy proxy = await FaultProxy.StartAsync(app.Address, FaultProfiles.Transparent);
        using BlackHole hole = await BlackHole.StartAsync(Silent, proxy.Address.Port);
        Uri address = new UriBuilder(app.Address) { Host = "server.test", Port = proxy.Address.Port }.Uri;
        await using var client = new TunnelClient(CreateOptions(
            address, [Silent, Refusing, Good], o => o.ResumeWindow = TimeSpan.Zero));
        await client.ConnectAsync().WaitAsync(HangTimeout);
        string? session = client.SessionId;

        proxy.Reset();
        await client.SessionCompletion.WaitAsync(HangTimeout);
        await client.ConnectAsync().WaitAsync(HangTimeout);

        client.SessionId.ShouldNotBe(session);
        client.Report!.Winner!.Addresses.Select(a => (a.Address.Address, a.Outcome)).ShouldBe([(Good, AddressOutcome.Connected)]);
    }

    [Fact]
    public async Task IPv6_address_without_a_listener_does_not_delay_IPv4()
    {
        await using GateApp app = await GateApp.StartAsync();
        await using var client = new TunnelClient(CreateOptions(Named(app.Address), [IPAddress.IPv6Loopback, Good]));

        await client.ConnectAsync().WaitAsync(HangTimeout);

        AddressAttempt[] addresses = [.. client.Report!.Winner!.Addresses];
        addresses.Select(a => a.Address.Address).ShouldBe([IPAddress.IPv6Loopback, Good]);
        addresses[0].Outcome.ShouldBeOneOf(AddressOutcome.Refused, AddressOutcome.Unreachable);
    }

    [Fact]
    public async Task Address_that_connects_and_never_responds_does_not_block_the_other_one()
    {
        await using GateApp app = await GateApp.StartAsync();
        using TcpListener silent = new(Silent, app.Address.Port);
        silent.Start();

        await using var client = new TunnelClient(CreateOptions(Named(app.Address), [Silent, Good]));
        await client.ConnectAsync().WaitAsync(HangTimeout);

        output.WriteLine(client.Report!.ToString());
        client.Report!.Winner!.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
        client.Report.Winner.Addresses.ShouldContain(a => a.Address.Address.Equals(Good) && a.Outcome == AddressOutcome.Connected);
        client.Report.Attempts.ShouldContain(
            a => a.Outcome == AttemptOutcome.Abandoned && a.Addresses.Any(x => x.Address.Address.Equals(Silent)));
    }

    [Fact]
    public async Task Report_names_the_addresses_that_do_not_respond_and_no_intermediary()
    {
        int port = FindFreePort();
        using BlackHole hole = await BlackHole.StartAsync(Silent, port);

        PathReport report = await FailAsync(new Uri($"http://server.test:{port}/tunnel"), [Silent, Refusing], TimeSpan.FromSeconds(5));

        string start = $"no TCP connection to server.test:{port} opened within 5 s (AttemptTimeout): ";
        report.Attempts.Where(a => a.Transport != "connect").ShouldAllBe(a => a.Outcome == AttemptOutcome.TimedOut
            && a.Reason.StartsWith(start, StringComparison.Ordinal)
            && a.Reason.Contains($"127.0.0.2:{port} did not respond after", StringComparison.Ordinal)
            && a.Reason.Contains($"127.0.0.3:{port} refused the connection after", StringComparison.Ordinal)
            && a.Addresses.Select(x => x.Address).Distinct().Count() == 2);
        report.ToString().ShouldNotContain("intermediary");
    }

    [Fact]
    public async Task Report_names_every_address_that_refuses()
    {
        int port = FindFreePort();

        PathReport report = await FailAsync(new Uri($"http://server.test:{port}/tunnel"), [Silent, Refusing], TimeSpan.FromSeconds(10));

        report.Attempts.Where(a => a.Transport != "connect").ShouldAllBe(a => a.Outcome == AttemptOutcome.Failed
            && a.Reason.StartsWith($"no connection to server.test:{port}: ", StringComparison.Ordinal)
            && a.Addresses.Count == 2
            && a.Addresses.All(x => x.Outcome == AddressOutcome.Refused));
    }

    [Fact]
    public async Task Report_tells_missing_TLS_from_missing_TCP_and_missing_HTTP()
    {
        using TcpListener silent = new(Silent, 0);
        silent.Start();
        int port = ((IPEndPoint)silent.LocalEndpoint).Port;

        PathReport tls = await FailAsync(new Uri($"https://server.test:{port}/tunnel"), [Silent], TimeSpan.FromSeconds(1));
        PathReport http = await FailAsync(new Uri($"http://server.test:{port}/tunnel"), [Silent], TimeSpan.FromSeconds(1));
        PathReport proxy = await FailAsync(
            new Uri("https://server.test/tunnel"), [Silent], TimeSpan.FromSeconds(1), o => o.Proxy = new Uri($"http://proxy.test:{port}/"));

        Reason(tls, "upgrade").ShouldStartWith($"the TCP connection to server.test:{port} opened, but TLS was not established within 1 s");
        Reason(http, "upgrade").ShouldStartWith("the path did not open within 1 s");
        Reason(proxy, "connect").ShouldStartWith($"the TCP connection to the proxy proxy.test:{port} opened, but within 1 s");
        tls.Attempts.Single(a => a.Transport == "upgrade").Addresses.ShouldHaveSingleItem().Outcome.ShouldBe(AddressOutcome.Connected);
    }

    [Fact]
    public async Task Report_says_that_a_name_was_not_resolved()
    {
        PathReport hung = await FailAsync(new Uri("http://server.test/tunnel"), [], TimeSpan.FromSeconds(1), o =>
            o.HostResolver = async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                return [];
            });
        PathReport failed = await FailAsync(new Uri("http://server.test/tunnel"), [], TimeSpan.FromSeconds(10), o =>
            o.HostResolver = (_, _) => throw new InvalidOperationException("no zone"));

        Reason(hung, "upgrade").ShouldStartWith("the name of server.test was not resolved within 1 s (AttemptTimeout)");
        Reason(failed, "upgrade").ShouldContain("the name server.test could not be resolved: HostResolver failed: no zone");
    }

    private static string Reason(PathReport report, string transport) => report.Attempts.Single(a => a.Transport == transport).Reason;

    private static async Task<PathReport> FailAsync(
        Uri address, IPAddress[] addresses, TimeSpan attemptTimeout, Action<TunnelClientOptions>? configure = null)
    {
        await using var client = new TunnelClient(CreateOptions(address, addresses, o =>
        {
            o.ConnectTimeout = TimeSpan.Zero;
            o.AttemptTimeout = attemptTimeout;
            configure?.Invoke(o);
        }));
        return (await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().WaitAsync(HangTimeout))).Report;
    }

    private static Uri Named(Uri address) => new UriBuilder(address) { Host = "server.test" }.Uri;

    private static void Keep(TunnelClientOptions options, string transport)
    {
        options.Transports.Clear();
        options.Transports.Add(HttpTransports.Default.Single(t => t.Name == transport));
    }

    private static TunnelClientOptions CreateOptions(Uri address, IPAddress[] addresses, Action<TunnelClientOptions>? configure = null)
    {
        var options = new TunnelClientOptions
        {
            Address = address,
            DefaultProxy = null,
            HostResolver = (_, _) => ValueTask.FromResult<IReadOnlyList<IPAddress>>(addresses),
        };
        configure?.Invoke(options);
        return options;
    }

    private static int FindFreePort()
    {
        using TcpListener listener = new(Silent, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
