using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Hosting;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using static TunnelRpc.Gateway.Tests.Hosting.OriginTestExtensions;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>Start, claims, drain and stop of the server.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task Address_is_known_when_the_host_has_started()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel, _ => Task.CompletedTask, options => options.FurtherNames.Add("shop-2"));

        app.App.Urls.ShouldBe(["https://shop.example/", "https://shop-2.example/"]);
        Should.Throw<NotSupportedException>(() => app.App.Urls.Add("http://127.0.0.1:0"));
    }

    [Fact]
    public async Task Application_serves_all_its_names()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel,
            context => context.Response.WriteAsync(context.Features.GetRequiredFeature<ITunnelOriginFeature>().Name),
            options => options.FurtherNames.Add("shop-2"));
        IHttpOrigin origin = await relay.GetOriginAsync("shop-2");

        (await origin.SendAsync(Request() with { Name = "shop-2" })).Text.ShouldBe("shop-2");
        (await origin.SendAsync(Request())).Text.ShouldBe("shop");
        (await Should.ThrowAsync<TunnelException>(() => origin.SendAsync(Request() with { Name = "other" }))).Status
            .ShouldBe(TunnelStatus.NotFound);
    }

    [Fact]
    public async Task Running_request_is_completed_and_new_ones_are_refused_while_the_host_stops()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var proceed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            if (context.Request.Path != "/late")
            {
                started.SetResult();
                await proceed.Task;
                await context.Response.WriteAsync("completed");
            }
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        Task<ReceivedResponse> running = origin.GetAsync();
        await started.Task.DefaultTimeout();

        Task stop = app.App.StopAsync();
        await Eventually.TrueAsync(() => relay.Claims.Calls.Contains("release shop"));
        TunnelException refusal = await RefusalAsync(origin).DefaultTimeout();
        stop.IsCompleted.ShouldBeFalse();
        proceed.SetResult();

        (await running).Text.ShouldBe("completed");
        await stop.DefaultTimeout();
        refusal.Status.ShouldBe(TunnelStatus.Unavailable);
    }

    [Fact]
    public async Task Responses_that_end_while_the_host_stops_are_whole()
    {
        const int Count = 50;
        int started = 0;
        var proceed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            Interlocked.Increment(ref started);
            await proceed.Task;
            await context.Response.WriteAsync(new string('x', 20_000));
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        Task<ReceivedResponse>[] running = [.. Enumerable.Range(0, Count).Select(_ => origin.GetAsync())];
        await Eventually.TrueAsync(() => Volatile.Read(ref started) == Count);

        Task stop = app.App.StopAsync();
        await Eventually.TrueAsync(() => relay.Claims.Calls.Contains("release shop"));
        proceed.SetResult();

        (await Task.WhenAll(running).DefaultTimeout()).ShouldAllBe(response => response.Text.Length == 20_000);
        await stop.DefaultTimeout();
    }

    [Fact]
    public async Task Requests_beyond_the_shutdown_limit_are_aborted()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task;
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        Task<ReceivedResponse> running = origin.GetAsync();
        await started.Task.DefaultTimeout();
        using var limit = new CancellationTokenSource();

        Task stop = app.App.Services.GetRequiredService<IServer>().StopAsync(limit.Token);
        await Eventually.TrueAsync(() => relay.Claims.Calls.Contains("release shop"));
        aborted.Task.IsCompleted.ShouldBeFalse();
        await limit.CancelAsync();

        await aborted.Task.DefaultTimeout();
        await stop.DefaultTimeout();
        await Should.ThrowAsync<TunnelException>(running);
        app.Log.Lines.ShouldContain(line => line.Contains("shutdown limit of the host has passed"));
    }

    [Fact]
    public async Task Relay_that_restarts_serves_the_application_again()
    {
        RawRelay relay = await RawRelay.StartAsync();
        int port = relay.Port;
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, context => context.Response.WriteAsync("here"));
        (await (await relay.GetOriginAsync()).GetAsync()).Text.ShouldBe("here");

        await relay.DisposeAsync();
        await Eventually.TrueAsync(() => app.App.Urls.Count == 0);
        await using RawRelay next = await RawRelay.StartAsync(port);

        (await (await next.GetOriginAsync()).GetAsync()).Text.ShouldBe("here");
        await Eventually.TrueAsync(() => app.App.Urls.Count == 1);
    }

    [Fact]
    public async Task Host_starts_without_the_relay_and_is_served_when_it_comes()
    {
        RawRelay first = await RawRelay.StartAsync();
        int port = first.Port;
        Uri tunnel = first.Tunnel;
        await first.DisposeAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            tunnel,
            context => context.Response.WriteAsync("here"),
            options => options.StartTimeout = TimeSpan.FromMilliseconds(1));

        app.App.Urls.ShouldBeEmpty();
        app.Log.Lines.ShouldContain(line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("StartTimeout"));
        await using RawRelay relay = await RawRelay.StartAsync(port);

        (await (await relay.GetOriginAsync()).GetAsync()).Text.ShouldBe("here");
    }

    [Fact]
    public async Task Refused_claim_is_logged_and_shown_with_its_reason()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        relay.Claims.Refusal = new TunnelException(TunnelStatus.PermissionDenied, "not for you");
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel, _ => Task.CompletedTask, options => options.StartTimeout = TimeSpan.Zero);
        HttpOriginClaim claim = app.App.Services.GetRequiredService<IServer>().Features
            .GetRequiredFeature<ITunnelRpcServerFeature>().Claims.ShouldHaveSingleItem();

        await Eventually.TrueAsync(() => claim.State == HttpOriginState.Refused);

        claim.Refusal.ShouldNotBeNull().ShouldContain("not for you");
        await Eventually.TrueAsync(
            () => app.Log.Lines.Any(line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("not for you")));
    }

    [Fact]
    public async Task Second_start_is_refused()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, _ => Task.CompletedTask);

        await Should.ThrowAsync<InvalidOperationException>(() => app.App.StartAsync());
    }

    /// <summary>Sends requests until one is refused.</summary>
    private static async Task<TunnelException> RefusalAsync(IHttpOrigin origin)
    {
        while (true)
        {
            try
            {
                await origin.GetAsync("/late");
            }
            catch (TunnelException refusal)
            {
                return refusal;
            }
        }
    }

    public static TheoryData<string, Action<TunnelRpcServerOptions>> InvalidOptions => new()
    {
        { "DNS labels", options => options.FurtherNames.Add("Not A Name") },
        { "StartTimeout", options => options.StartTimeout = TimeSpan.FromSeconds(-1) },
        { "MaxRequestBodySize", options => options.MaxRequestBodySize = -1 },
        { "StayConnected", options => options.Client.StayConnected = false },
        { "Address", options => options.Address = null },
    };

    [Theory]
    [MemberData(nameof(InvalidOptions))]
    public async Task Invalid_option_fails_the_start_and_is_named(string name, Action<TunnelRpcServerOptions> configure)
    {
        Exception error = await Should.ThrowAsync<ArgumentException>(
            () => HostedApp.StartAsync(new Uri("http://127.0.0.1:1/tunnel"), _ => Task.CompletedTask, configure));

        error.Message.ShouldContain(name);
    }
}
