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

/// <summary>What a server application sees.</summary>
public sealed class ServerAppTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Each_call_gets_an_implementation_of_its_own()
    {
        await using GateApp app = await GateApp.StartAsync();
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address);
        IGate gate = client.Get<IGate>();

        int first = await gate.InstanceAsync().WaitAsync(HangTimeout);
        int second = await gate.InstanceAsync().WaitAsync(HangTimeout);

        second.ShouldNotBe(first);
    }

    [Fact]
    public async Task The_implementations_of_ended_calls_are_disposed()
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
    public async Task A_caller_is_known_by_session_transport_and_user()
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
    public async Task Who_is_not_authorized_gets_no_tunnel_and_is_told_the_status()
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

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => TunnelClient.ConnectAsync(app.Address, o => o.ConnectTimeout = TimeSpan.Zero).WaitAsync(HangTimeout));

        error.Report.Attempts.Where(a => a.Transport is not ("connect" or "extended-connect" or "http2-post")).ShouldAllBe(a => a.HttpStatus == (int)HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_server_calls_one_session_and_all_of_them()
    {
        await using GateApp app = await GateApp.StartAsync();
        Channel<string> notes = Channel.CreateUnbounded<string>();
        await using TunnelClient ann = await TunnelClient.ConnectAsync(app.Address, o => o.Serve<IGuest>(new Guest(notes)));
        await using TunnelClient bob = await TunnelClient.ConnectAsync(app.Address, o => o.Serve<IGuest>(new Guest(notes)));

        app.Clients.SessionIds.Order().ShouldBe(new[] { ann.SessionId!, bob.SessionId! }.Order());
        (await app.Clients.Session(ann.SessionId!).GreetAsync("ann").WaitAsync(HangTimeout)).ShouldBe("hello ann");
        await app.Clients.All.NoteAsync("to all");
        await app.Clients.All.AcceptAsync("and wait").WaitAsync(HangTimeout);

        string[] seen = [.. await TakeAsync(notes, 4)];
        seen.Order().ShouldBe(["and wait", "and wait", "to all", "to all"]);
        InvalidOperationException refused = await Should.ThrowAsync<InvalidOperationException>(() => app.Clients.All.GreetAsync("all"));
        refused.Message.ShouldContain("result");
    }

    [Fact]
    public async Task A_session_that_is_not_there_is_unavailable()
    {
        await using GateApp app = await GateApp.StartAsync();

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => app.Clients.Session("nobody").GreetAsync("x"));

        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldContain("nobody");
    }

    [Fact]
    public async Task A_call_back_that_the_client_does_not_serve_is_unimplemented()
    {
        await using GateApp app = await GateApp.StartAsync();
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => client.Get<IGate>().GreetBackAsync("x").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Unimplemented);
        error.Message.ShouldContain("serves nothing");
    }

    [Fact]
    public async Task A_full_server_refuses_and_names_its_limit()
    {
        await using GateApp app = await GateApp.StartAsync(options: o => o.Limits.MaxSessions = 1);
        await using TunnelClient first = await TunnelClient.ConnectAsync(app.Address);

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => TunnelClient.ConnectAsync(app.Address, o => o.ConnectTimeout = TimeSpan.Zero).WaitAsync(HangTimeout));

        error.Message.ShouldContain("MaxSessions");
        (await first.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout)).ShouldBe(1);
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("two-connection")]
    [InlineData("n-plus-one")]
    [InlineData("long-poll")]
    public async Task A_stopping_server_ends_its_sessions_in_order_and_their_calls_are_unavailable(string transport)
    {
        GateApp app = await GateApp.StartAsync(options: o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, options => Only(options, transport));
        Task held = client.Get<IGate>().HoldAsync();
        await app.Counter.Held.Task.WaitAsync(HangTimeout);

        await app.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => held.WaitAsync(HangTimeout));
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldContain("The server is stopping.");
        await client.SessionCompletion.WaitAsync(HangTimeout);
        client.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public async Task A_client_that_goes_leaves_the_list_of_sessions()
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
    public async Task Options_out_of_range_are_refused_when_the_server_is_made()
    {
        OptionsValidationException error = await Should.ThrowAsync<OptionsValidationException>(() => GateApp.StartAsync(options: o => o.Limits.MaxMessageSize = 1));

        error.Message.ShouldContain("Limits.MaxMessageSize must be from 1024");
    }

    [Fact]
    public async Task A_contract_that_is_served_twice_is_refused_when_the_server_is_made()
    {
        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(() => GateApp.StartAsync(
            build: b => b.Services.AddTunnelRpc().AddService<IGate, GateService>()));

        error.Message.ShouldContain("TunnelRpc.Calls.Tests.Apps.IGate is served already");
    }

    [Fact]
    public async Task A_request_that_is_no_tunnel_gets_426_and_an_explanation()
    {
        await using GateApp app = await GateApp.StartAsync();
        using var http = new HttpClient();

        using HttpResponseMessage answer = await http.GetAsync(app.Address);

        answer.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
        answer.Headers.Upgrade.ToString().ShouldBe("tunnelrpc");
        answer.Headers.Connection.ShouldBe(["Upgrade"]);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("TunnelRpc");
    }

    [Fact]
    public async Task Who_comes_while_the_server_stops_is_told_so_and_may_come_again()
    {
        await using GateApp app = await GateApp.StartAsync(use: (a, _) => a.Use(next => context =>
        {
            // Signals what a stopping host signals first; connections are still served.
            a.Lifetime.StopApplication();
            return next(context);
        }));

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => TunnelClient.ConnectAsync(app.Address, UpgradeOnly).WaitAsync(HangTimeout));

        PathAttempt attempt = error.Report.Attempts.ShouldHaveSingleItem();
        attempt.Reason.ShouldContain("is stopping: try again later");
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

    /// <summary>Whoever says a name is it: enough to see that the user arrives.</summary>
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
