using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>A client in an application.</summary>
public sealed class ClientAppTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Hosted_client_connects_on_start_and_serves_and_makes_calls()
    {
        await using GateApp app = await GateApp.StartAsync();
        Channel<string> notes = Channel.CreateUnbounded<string>();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(notes);
        builder.Services.AddTunnelClient(o => o.Address = app.Address)
            .AddRemote<IGate>()
            .AddCallback<IGuest, Guest>();
        using IHost host = builder.Build();

        await host.StartAsync();
        await host.Services.GetRequiredService<TunnelClient>().ConnectAsync().WaitAsync(HangTimeout);

        await app.Clients.All.AcceptAsync("called").WaitAsync(HangTimeout);
        (await notes.Reader.ReadAsync().AsTask().WaitAsync(HangTimeout)).ShouldBe("called");
        (await host.Services.GetRequiredService<IGate>().GreetBackAsync("host").WaitAsync(HangTimeout)).ShouldBe("hello host");
        await host.StopAsync().WaitAsync(HangTimeout);
    }

    [Fact]
    public async Task Application_continues_after_its_client_is_disposed()
    {
        await using GateApp app = await GateApp.StartAsync();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddTunnelClient(o => o.Address = app.Address);
        using IHost host = builder.Build();
        await host.StartAsync();
        TunnelClient client = host.Services.GetRequiredService<TunnelClient>();
        await client.ConnectAsync().WaitAsync(HangTimeout);

        await client.DisposeAsync();

        client.State.ShouldBe(TunnelClientState.Closed);
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested.ShouldBeFalse();
        await host.StopAsync().WaitAsync(HangTimeout);
    }

    [Fact]
    public async Task First_call_connects()
    {
        await using GateApp app = await GateApp.StartAsync();
        await using var client = new TunnelClient(new TunnelClientOptions { Address = app.Address, AttemptDelay = HangTimeout });
        client.IsConnected.ShouldBeFalse();
        client.Report.ShouldBeNull();

        (await client.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout)).ShouldBe(1);

        client.IsConnected.ShouldBeTrue();
        client.Report.ShouldNotBeNull().Winner.ShouldNotBeNull().Transport.ShouldBe("upgrade");
    }

    [Fact]
    public async Task Report_lists_every_attempt_in_order()
    {
        await using GateApp app = await GateApp.StartAsync();

        // On a slow machine, the next attempt would start while this one still runs.
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, o => o.AttemptDelay = HangTimeout);

        PathReport report = client.Report.ShouldNotBeNull();

        report.Attempts.Select(a => a.Transport).ShouldBe(HttpTransports.Default.Select(t => t.Name));
        report.Attempts.Take(2).Select(a => (a.Transport, a.Outcome)).ShouldBe(
            [("connect", AttemptOutcome.Failed), ("upgrade", AttemptOutcome.Won)]);
        report.Attempts.Skip(2).ShouldAllBe(a => a.Outcome == AttemptOutcome.NotTried);
        report.ToString().ShouldContain("by upgrade");
    }

    [Fact]
    public async Task Connect_to_a_closed_port_reports_a_reason_for_every_attempt()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() =>
            TunnelClient.ConnectAsync(
                new Uri($"http://127.0.0.1:{port}/tunnel"), o => o.ConnectTimeout = TimeSpan.Zero).WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Report.Attempts.ShouldAllBe(a => a.Outcome == AttemptOutcome.Failed && a.Reason.Length > 0);
    }

    [Fact]
    public async Task Exception_of_a_transport_fails_its_attempt_only()
    {
        await using GateApp app = await GateApp.StartAsync();

        await using TunnelClient client = await TunnelClient.ConnectAsync(
            app.Address,
            o =>
            {
                o.AttemptDelay = HangTimeout;
                o.Transports.Insert(0, new BrokenTransport());
            }).WaitAsync(HangTimeout);

        client.Report!.Attempts[0].ShouldSatisfyAllConditions(
            a => a.Outcome.ShouldBe(AttemptOutcome.Failed),
            a => a.Reason.ShouldContain("broken on purpose"));
        client.Transport.ShouldBe("upgrade");
    }

    [Fact]
    public async Task Transport_that_never_responds_does_not_delay_the_next_one()
    {
        await using GateApp app = await GateApp.StartAsync();

        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, o =>
        {
            // With more transports, one of them could overtake this one on a slow machine.
            ITransport upgrade = o.Transports.Single(t => t.Name == "upgrade");
            o.AttemptDelay = TimeSpan.FromMilliseconds(20);
            o.Transports.Clear();
            o.Transports.Add(new SilentTransport());
            o.Transports.Add(upgrade);
        }).WaitAsync(HangTimeout);

        client.Transport.ShouldBe("upgrade");
        client.Report!.Attempts[0].Outcome.ShouldBe(AttemptOutcome.Abandoned);
    }

    [Fact]
    public async Task Call_after_the_end_of_a_session_starts_a_new_session()
    {
        GateApp first = await GateApp.StartAsync();
        Uri address = first.Address;
        await using TunnelClient client = await TunnelClient.ConnectAsync(address);
        string? session = client.SessionId;
        await first.DisposeAsync();
        await client.SessionCompletion.WaitAsync(HangTimeout);
        await Should.ThrowAsync<TunnelException>(() => client.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout));

        await using GateApp second = await GateApp.StartAsync(url: address.GetLeftPart(UriPartial.Authority));
        (await client.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout)).ShouldBe(1);

        client.SessionId.ShouldNotBe(session);
    }

    [Fact]
    public async Task Dispose_fails_running_calls_and_refuses_new_ones()
    {
        await using GateApp app = await GateApp.StartAsync();
        TunnelClient client = await TunnelClient.ConnectAsync(app.Address);
        IGate gate = client.Get<IGate>();
        Task running = gate.RunUntilCancelledAsync();
        await app.Counter.Running.Task.WaitAsync(HangTimeout);

        await client.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        await Should.ThrowAsync<TunnelException>(() => running.WaitAsync(HangTimeout));
        await Should.ThrowAsync<ObjectDisposedException>(() => gate.InstanceAsync().WaitAsync(HangTimeout));
    }

    [Fact]
    public async Task Connect_that_is_cancelled_throws_OperationCanceledException()
    {
        using var cancellation = new CancellationTokenSource();
        Task<TunnelClient> connecting = TunnelClient.ConnectAsync(
            new Uri("http://127.0.0.1:1/tunnel"),
            o =>
            {
                o.Transports.Clear();
                o.Transports.Add(new SilentTransport());
            },
            cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => connecting.WaitAsync(HangTimeout));
    }

    [Theory]
    [InlineData("ftp://host/tunnel", "Address must be an absolute http or https URL")]
    [InlineData("http://host/tunnel", "Transports must have different names")]
    public void Invalid_client_options_throw(string address, string message)
    {
        var options = new TunnelClientOptions { Address = new Uri(address) };
        options.Transports.Add(options.Transports[0]);

        Should.Throw<ArgumentException>(() => new TunnelClient(options)).Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("http://ann:secret@host/tunnel", null, "set the header Authorization")]
    [InlineData("ftp://ann:secret@host/tunnel", null, "Address must be an absolute http or https URL")]
    [InlineData("http://host/tunnel?key=secret", null, "no query")]
    [InlineData("http://host/tunnel#secret", null, "no fragment")]
    [InlineData("http://host/tunnel", "http://ann:secret@proxy:3128", "Set ProxyCredentials instead")]
    [InlineData("http://host/tunnel", "https://ann:secret@proxy:3128", "Proxy must be an absolute http URL")]
    public void Address_with_a_secret_throws_without_the_secret_in_the_message(string address, string? proxy, string message)
    {
        var options = new TunnelClientOptions { Address = new Uri(address), Proxy = proxy is null ? null : new Uri(proxy) };

        ArgumentException error = Should.Throw<ArgumentException>(() => new TunnelClient(options));

        error.Message.ShouldContain(message);
        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public void Report_contains_no_proxy_credentials()
    {
        var report = new PathReport(new Uri("http://host/tunnel"), new Uri("http://ann:secret@proxy:3128"), [], TimeSpan.Zero);

        report.ToString().ShouldContain("through the proxy http://proxy:3128 ");
        report.ToString().ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("Authorization ", "secret", "letters, digits and hyphens")]
    [InlineData("", "secret", "letters, digits and hyphens")]
    [InlineData("X-Key\r\nX-Other", "secret", "letters, digits and hyphens")]
    [InlineData("X-Key: 1", "secret", "letters, digits and hyphens")]
    [InlineData("upgrade", "secret", "which the application cannot set")]
    [InlineData("Transfer-Encoding", "secret", "which the application cannot set")]
    [InlineData("Content-Length", "secret", "which the application cannot set")]
    [InlineData("Proxy-Authorization", "secret", "Set ProxyCredentials instead")]
    [InlineData("X-Key", "secret\r\nX-Other: 1", "values of one line")]
    [InlineData("X-Key", "secret\nX-Other: 1", "values of one line")]
    [InlineData("X-Key", "secret\r", "values of one line")]
    [InlineData("X-Key", "secret\0", "values of one line")]
    public void Invalid_headers_throw_without_their_value_in_the_message(string name, string value, string message)
    {
        var options = new TunnelClientOptions { Address = new Uri("http://host/tunnel") };
        options.Headers[name] = value;

        ArgumentException error = Should.Throw<ArgumentException>(() => new TunnelClient(options));

        error.Message.ShouldContain(message);
        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Hosted_client_validates_its_options()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddTunnelClient(o => o.KeepAliveInterval = TimeSpan.Zero);
        using IHost host = builder.Build();

        OptionsValidationException error = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync());

        error.Message.ShouldContain("KeepAliveInterval");
    }

    private sealed class BrokenTransport : ITransport
    {
        public string Name => "broken";

        public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
            throw new ArgumentOutOfRangeException(nameof(endpoint), "broken on purpose");
    }

    private sealed class SilentTransport : ITransport
    {
        public string Name => "silent";

        public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("Expected a delay until the cancellation.");
        }
    }
}
