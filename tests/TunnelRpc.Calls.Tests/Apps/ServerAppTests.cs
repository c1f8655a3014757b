using System.Net;
using System.Security.Claims;
using System.Threading.Channels;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>A server in an application.</summary>
public sealed class ServerAppTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Each_call_runs_on_its_own_implementation()
    {
        await using GateApp app = await GateApp.StartAsync();
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address);
        IGate gate = client.Get<IGate>();

        int first = await gate.InstanceAsync().WaitAsync(HangTimeout);
        int second = await gate.InstanceAsync().WaitAsync(HangTimeout);

        second.ShouldNotBe(first);
    }

    [Fact]
    public async Task Implementations_are_disposed_when_their_calls_end()
    {
        var counter = new GateCounter();
        await using (GateApp app = await GateApp.StartAsync(build: b => b.Services.AddSingleton(counter)))
        {
            await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address);
            for (int i = 0; i < 5; i++)
            {
                await client.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout);
            }
        }

        counter.Created.ShouldBe(5);
        counter.Disposed.ShouldBe(5);
    }

    [Fact]
    public async Task Caller_has_session_transport_and_user()
    {
        await using GateApp app = await GateApp.StartAsync(
            build: b =>
            {
                b.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, NameHeaderAuthentication>("test", null);
                b.Services.AddAuthorization();
            },
            use: (a, endpoint) =>
            {
                a.UseAuthentication();
                a.UseAuthorization();
                endpoint.RequireAuthorization();
            });
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, o => o.Headers["X-Name"] = "ann");

        string who = await client.Get<IGate>().WhoAsync().WaitAsync(HangTimeout);

        who.ShouldBe($"ann over upgrade in {client.SessionId}");
    }

    [Fact]
    public async Task Client_without_credentials_fails_at_once_with_the_status_and_what_to_do()
    {
        await using GateApp app = await GateApp.StartAsync(
            build: b =>
            {
                b.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, NameHeaderAuthentication>("test", null);
                b.Services.AddAuthorization();
            },
            use: (a, endpoint) =>
            {
                a.UseAuthentication();
                a.UseAuthorization();
                endpoint.RequireAuthorization();
            });

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => TunnelClient.ConnectAsync(app.Address, o => o.ConnectTimeout = HangTimeout * 2).WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Unauthenticated);
        error.Message.ShouldStartWith($"Found no path to {app.Address} in ");
        error.Message.ShouldContain("the response was 401.");
        PathAttempt refused = error.Report.Attempts.Single(a => a.HttpStatus is not null);
        (refused.Transport, refused.HttpStatus).ShouldBe(("upgrade", (int)HttpStatusCode.Unauthorized));
        refused.Reason.ShouldContain("set AccessTokenProvider or Headers");
        error.Report.Attempts.SkipWhile(a => a.HttpStatus is null).Skip(1).ShouldAllBe(a => a.Outcome == AttemptOutcome.NotTried);
    }

    [Theory]
    [InlineData(403, TunnelStatus.PermissionDenied, "check that the user may use this address")]
    [InlineData(404, TunnelStatus.Unavailable, "no tunnel is mapped at this address")]
    [InlineData(500, TunnelStatus.Unavailable, "see its log")]
    public async Task Client_that_is_refused_fails_at_once_with_the_status_and_what_to_do(int status, TunnelStatus expected, string advice)
    {
        await using GateApp app = await GateApp.StartAsync(use: (a, _) => a.Run(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }));

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => TunnelClient.ConnectAsync(app.Address, o => o.ConnectTimeout = HangTimeout * 2).WaitAsync(HangTimeout));

        error.Status.ShouldBe(expected);
        error.Message.ShouldContain($"the response was {status}.");
        error.Report.Attempts.Where(a => a.HttpStatus is not null).ShouldAllBe(a => a.HttpStatus == status && a.Reason.Contains(advice));
        error.Report.Attempts.Count(a => a.HttpStatus is not null).ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task Server_calls_one_session_and_all_sessions()
    {
        await using GateApp app = await GateApp.StartAsync();
        Channel<string> notes = Channel.CreateUnbounded<string>();
        await using TunnelClient ann = await TunnelClient.ConnectAsync(app.Address, o => o.Serve<IGuest>(new Guest(notes)));
        await using TunnelClient bob = await TunnelClient.ConnectAsync(app.Address, o => o.Serve<IGuest>(new Guest(notes)));

        app.Clients.SessionIds.Order().ShouldBe(new[] { ann.SessionId!, bob.SessionId! }.Order());
        (await app.Clients.Session(ann.SessionId!).GreetAsync("ann").WaitAsync(HangTimeout)).ShouldBe("hello ann");
        await app.Clients.All.NoteAsync("to all");
        await app.Clients.All.AcceptAsync("and wait").WaitAsync(HangTimeout);

        string[] received = [.. await TakeAsync(notes, 4)];
        received.Order().ShouldBe(["and wait", "and wait", "to all", "to all"]);
#pragma warning disable TRPC0402 // The analyzer reports what the runtime refuses.
        InvalidOperationException refused = await Should.ThrowAsync<InvalidOperationException>(() => app.Clients.All.GreetAsync("all"));
#pragma warning restore TRPC0402
        refused.Message.ShouldContain("result");
    }

    [Fact]
    public async Task Call_to_an_unknown_session_is_unavailable()
    {
        await using GateApp app = await GateApp.StartAsync();

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => app.Clients.Session("nobody").GreetAsync("x"));

        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldContain("nobody");
    }

    [Fact]
    public async Task Callback_that_the_client_does_not_serve_fails_the_call_of_the_service_and_is_named()
    {
        await using GateApp app = await GateApp.StartAsync(options: o => o.IncludeExceptionDetails = true);
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address);

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => client.Get<IGate>().GreetBackAsync("x").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Internal);
        error.Message.ShouldContain($"The peer does not serve {typeof(IGuest).FullName}/GreetAsync. The client serves no method");
        error.Message.ShouldContain("Register the callback there with AddCallback.");
    }

    [Fact]
    public async Task Full_server_refuses_sessions_and_names_MaxSessions()
    {
        await using GateApp app = await GateApp.StartAsync(options: o => o.Limits.MaxSessions = 1);
        await using TunnelClient first = await TunnelClient.ConnectAsync(app.Address);

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => TunnelClient.ConnectAsync(app.Address, o => o.ConnectTimeout = TimeSpan.Zero).WaitAsync(HangTimeout));

        error.Message.ShouldContain("MaxSessions");
        (await first.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout)).ShouldBe(1);
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("two-connection")]
    [InlineData("n-plus-one")]
    [InlineData("long-poll")]
    public async Task Stopping_server_closes_its_sessions_and_their_calls_are_unavailable(string transport)
    {
        GateApp app = await GateApp.StartAsync(options: o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, options => Only(options, transport));
        Task running = client.Get<IGate>().RunUntilCancelledAsync();
        await app.Counter.Running.Task.WaitAsync(HangTimeout);

        await app.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => running.WaitAsync(HangTimeout));
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldContain("The server is shutting down.");
        await client.SessionCompletion.WaitAsync(HangTimeout);
        client.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public async Task Disposed_client_leaves_the_list_of_sessions()
    {
        await using GateApp app = await GateApp.StartAsync();
        TunnelClient client = await TunnelClient.ConnectAsync(app.Address);
        app.Clients.SessionIds.Count.ShouldBe(1);

        await client.DisposeAsync();

        using var guard = new CancellationTokenSource(HangTimeout);
        while (app.Clients.SessionIds.Count > 0)
        {
            guard.IsCancellationRequested.ShouldBeFalse();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Options_out_of_range_fail_the_creation_of_the_server()
    {
        OptionsValidationException error = await Should.ThrowAsync<OptionsValidationException>(
            () => GateApp.StartAsync(options: o => o.Limits.MaxMessageSize = 1));

        error.Message.ShouldContain("Limits.MaxMessageSize must be from 1024");
    }

    [Fact]
    public async Task Contract_served_twice_fails_the_creation_of_the_server()
    {
        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(() => GateApp.StartAsync(
            build: b => b.Services.AddTunnelRpc().AddService<IGate, GateService>()));

        error.Message.ShouldContain("TunnelRpc.Calls.Tests.Apps.IGate is served already");
    }

    [Fact]
    public async Task Request_of_no_transport_gets_426_with_an_explanation()
    {
        await using GateApp app = await GateApp.StartAsync();
        using var http = new HttpClient();

        using HttpResponseMessage response = await http.GetAsync(app.Address);

        response.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
        response.Headers.Upgrade.ToString().ShouldBe("tunnelrpc");
        response.Headers.Connection.ShouldBe(["Upgrade"]);
        (await response.Content.ReadAsStringAsync()).ShouldContain("TunnelRpc");
    }

    [Fact]
    public async Task Client_of_a_stopping_server_is_refused_and_asked_to_retry()
    {
        await using GateApp app = await GateApp.StartAsync(use: (a, _) => a.Use(next => context =>
        {
            // Cancels ApplicationStopping, as a stopping host does first. Connections are still served.
            a.Lifetime.StopApplication();
            return next(context);
        }));

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => TunnelClient.ConnectAsync(app.Address, UpgradeOnly).WaitAsync(HangTimeout));

        PathAttempt attempt = error.Report.Attempts.ShouldHaveSingleItem();

        // The server has accepted the exchange before it learns of the stop, or not.
        bool isRefused = attempt.Reason.Contains("is shutting down. Retry later", StringComparison.Ordinal)
            || attempt.Reason.Contains("503 Service Unavailable", StringComparison.Ordinal);
        isRefused.ShouldBeTrue(attempt.Reason);
    }

    private static void UpgradeOnly(TunnelClientOptions options) => Only(options, "upgrade");

    private static void Only(TunnelClientOptions options, string name)
    {
        options.ConnectTimeout = TimeSpan.Zero;
        ITransport transport = options.Transports.Single(t => t.Name == name);
        options.Transports.Clear();
        options.Transports.Add(transport);
    }

    private static async Task<List<string>> TakeAsync(Channel<string> channel, int count)
    {
        var taken = new List<string>();
        for (int i = 0; i < count; i++)
        {
            taken.Add(await channel.Reader.ReadAsync().AsTask().WaitAsync(HangTimeout));
        }

        return taken;
    }

    /// <summary>Authenticates every request as the user in its header X-Name.</summary>
    private sealed class NameHeaderAuthentication(
        IOptionsMonitor<AuthenticationSchemeOptions> options, System.Text.Encodings.Web.UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string? name = Request.Headers["X-Name"];
            return Task.FromResult(name is null
                ? AuthenticateResult.NoResult()
                : AuthenticateResult.Success(new AuthenticationTicket(
                    new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test")), "test")));
        }
    }
}
