using System.Net;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Client.Paths;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Expiry;

/// <summary>The expiry of a user's authentication, and its refresh while the session continues.</summary>
public sealed class ExpiryTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(100);

    public static TheoryData<string> Transports => new(
    [
        "upgrade", "websocket", "reverse-http", "http2-post", "extended-connect", "two-connection", "n-plus-one", "long-poll",
    ]);

    [Fact]
    public async Task Calls_are_refused_after_expiry_and_tolerance_and_the_session_is_closed_later()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        string token = app.CreateToken("ann", Lifetime);
        await using TunnelClient client = await app.ConnectAsync(
            () => token, configure: o =>
            {
                o.AccessTokenProvider = null;
                o.Headers["Authorization"] = "Bearer " + token;
                o.StayConnected = false;
            });
        IClock clock = client.Get<IClock>();
        string session = client.SessionId!;
        DateTimeOffset start = app.Time.GetUtcNow();

        app.Time.Advance(TimeSpan.FromSeconds(129));
        (await clock.WhoAsync().DefaultTimeout()).ShouldStartWith("ann");
        app.Time.Advance(TimeSpan.FromSeconds(2));
        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => clock.WhoAsync().DefaultTimeout());
        bool wasOpen = app.Sessions.All.Any(s => s.Id == session);
        await app.AdvanceUntilAsync(() => app.Sessions.All.Count == 0);

        refused.Status.ShouldBe(TunnelStatus.Unauthenticated);
        refused.Outcome.ShouldBe(TunnelCallOutcome.NotSent);
        refused.Message.ShouldContain("expired at");
        wasOpen.ShouldBeTrue();
        (app.Time.GetUtcNow() - start).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(250));
    }

    [Fact]
    public async Task Expiry_that_is_not_enforced_has_no_effect()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock(), o => o.EnforceUserExpiry = false);
        string token = app.CreateToken("ann", Lifetime);
        await using TunnelClient client = await app.ConnectAsync(
            () => token, configure: o =>
            {
                o.AccessTokenProvider = null;
                o.Headers["Authorization"] = "Bearer " + token;
            });

        app.Time.Advance(TimeSpan.FromHours(1));

        (await client.Get<IClock>().WhoAsync().DefaultTimeout()).ShouldStartWith("ann");
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Client_refreshes_before_the_expiry_and_the_session_continues_on_its_path(string transport)
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        int tokens = 0;
        DateTimeOffset start = app.Time.GetUtcNow();
        DateTimeOffset refreshed = default;
        await using TunnelClient client = await app.ConnectAsync(
            () =>
            {
                refreshed = app.Time.GetUtcNow();
                return app.CreateToken("ann", Lifetime, $"role{Interlocked.Increment(ref tokens)}");
            },
            transport);
        IClock clock = client.Get<IClock>();
        string session = client.SessionId!;
        int atConnect = Volatile.Read(ref tokens);

        await app.AdvanceUntilAsync(() => Volatile.Read(ref tokens) > atConnect);
        TimeSpan refreshedAfter = refreshed - start;
        await WaitForRoleAsync(app, clock, $"ann role{atConnect + 1}");
        await app.AdvanceUntilAsync(() => app.Time.GetUtcNow() - start > TimeSpan.FromSeconds(140));

        (await clock.WhoAsync().DefaultTimeout()).ShouldStartWith("ann role");
        refreshedAfter.ShouldBeInRange(TimeSpan.FromSeconds(79), TimeSpan.FromSeconds(99));
        client.SessionId.ShouldBe(session);
        client.Transport.ShouldBe(transport);
        app.Log.Lines.ShouldNotContain(l => l.Contains("disconnected", StringComparison.Ordinal));
        app.Log.Lines.ShouldNotContain(l => l.Contains("migrated", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Running_call_keeps_its_user_and_later_calls_have_the_new_one()
    {
        var service = new Clock();
        await using TokenApp app = await TokenApp.StartAsync(service);
        string role = "junior";
        await using TunnelClient client = await app.ConnectAsync(() => app.CreateToken("ann", Lifetime, role));
        IClock clock = client.Get<IClock>();
        await using IAsyncEnumerator<string> follow = clock.FollowAsync().GetAsyncEnumerator();
        service.Tick();
        (await follow.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();
        string before = follow.Current;

        role = "senior";
        await client.RefreshAuthenticationAsync().DefaultTimeout();
        service.Tick();
        (await follow.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();

        before.ShouldBe("ann junior");
        follow.Current.ShouldBe("ann junior");
        (await clock.WhoAsync().DefaultTimeout()).ShouldBe("ann senior");
        app.Sessions.All.ShouldHaveSingleItem().User!.IsInRole("senior").ShouldBeTrue();
    }

    [Fact]
    public async Task Another_user_is_refused_and_the_session_keeps_its_own()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        string user = "ann";
        await using TunnelClient client = await app.ConnectAsync(() => app.CreateToken(user, Lifetime, "junior"));

        user = "eve";
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => client.RefreshAuthenticationAsync().DefaultTimeout());

        error.Status.ShouldBe(TunnelStatus.PermissionDenied);
        (await client.Get<IClock>().WhoAsync().DefaultTimeout()).ShouldBe("ann junior");
    }

    [Fact]
    public async Task Token_that_the_server_does_not_accept_is_refused_and_the_session_continues()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        TimeSpan lifetime = Lifetime;
        await using TunnelClient client = await app.ConnectAsync(() => app.CreateToken("ann", lifetime, "junior"));

        lifetime = TimeSpan.FromSeconds(-1);
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => client.RefreshAuthenticationAsync().DefaultTimeout());

        error.Status.ShouldBe(TunnelStatus.Unauthenticated);
        (await client.Get<IClock>().WhoAsync().DefaultTimeout()).ShouldBe("ann junior");
    }

    [Fact]
    public async Task Failed_refresh_is_tried_again()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        int asked = 0;
        await using TunnelClient client = await app.ConnectAsync(() => Interlocked.Increment(ref asked) switch
        {
            2 => throw new InvalidOperationException("no token today"),
            int n => app.CreateToken("ann", Lifetime, "role" + n),
        });

        await app.AdvanceUntilAsync(() => Volatile.Read(ref asked) >= 3);

        await WaitForRoleAsync(app, client.Get<IClock>(), "ann role3");
        app.Log.Lines.ShouldContain(l => l.Contains("no token today", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Failed_refresh_of_a_short_token_is_tried_again_before_the_token_expires()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        int asked = 0;
        await using TunnelClient client = await app.ConnectAsync(() => Interlocked.Increment(ref asked) switch
        {
            2 => throw new InvalidOperationException("no token today"),
            1 => app.CreateToken("ann", TimeSpan.FromSeconds(10), "role1"),
            int n => app.CreateToken("ann", Lifetime, "role" + n),
        });

        await app.AdvanceUntilAsync(() => Volatile.Read(ref asked) >= 2);
        DateTimeOffset failed = app.Time.GetUtcNow();
        await app.AdvanceUntilAsync(() => Volatile.Read(ref asked) >= 3);

        // 1 s, and what the clock advances while a slow machine gets there. It was 30 s.
        (app.Time.GetUtcNow() - failed).ShouldBeLessThan(TimeSpan.FromSeconds(25));
        await WaitForRoleAsync(app, client.Get<IClock>(), "ann role3");
    }

    [Theory]
    [InlineData(1000, 30)]
    [InlineData(40, 10)]
    [InlineData(3.9, 1)]
    [InlineData(0, 1)]
    [InlineData(-8, 2)]
    [InlineData(-1000, 30)]
    public void Delay_of_the_next_refresh_is_a_quarter_of_the_time_to_the_expiry_or_since_it(double remaining, double delay) =>
        AuthenticationRefresher.GetRetryDelay(TimeSpan.FromSeconds(remaining)).ShouldBe(TimeSpan.FromSeconds(delay));

    [Fact]
    public async Task Request_without_the_proof_of_the_session_changes_nothing()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        await using TunnelClient client = await app.ConnectAsync(() => app.CreateToken("ann", Lifetime, "junior"));
        string session = client.SessionId!;
        using var http = new HttpClient();

        (await SendAsync($"/tunnel/{session}/refresh", null)).ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync($"/tunnel/{session}/refresh", $"1 {new string('0', 64)}")).ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync($"/tunnel/{session}/refresh", "x")).ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync($"/tunnel/{Guid.NewGuid():N}/refresh", $"1 {new string('0', 64)}")).ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync($"/other/{session}/refresh", $"1 {new string('0', 64)}")).ShouldBe(HttpStatusCode.NotFound);
        (await client.Get<IClock>().WhoAsync().DefaultTimeout()).ShouldBe("ann junior");

        async Task<HttpStatusCode> SendAsync(string path, string? proof)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, app.Address(path));
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + app.CreateToken("ann", Lifetime, "chief"));
            if (proof is not null)
            {
                request.Headers.TryAddWithoutValidation("TunnelRpc-Proof", proof);
            }

            using HttpResponseMessage response = await http.SendAsync(request).DefaultTimeout();
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Sessions_of_a_user_are_ended_and_those_of_others_are_not()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        string ann = app.CreateToken("ann", Lifetime);
        await using TunnelClient first = await app.ConnectAsync(() => ann, configure: o => o.StayConnected = false);
        await using TunnelClient second = await app.ConnectAsync(() => ann, configure: o => o.StayConnected = false);
        await using TunnelClient other = await app.ConnectAsync(() => app.CreateToken("bob", Lifetime));
        string otherSession = other.SessionId!;
        await using IAsyncEnumerator<string> follow = first.Get<IClock>().FollowAsync().GetAsyncEnumerator();
        Task<bool> next = follow.MoveNextAsync().AsTask();
        app.Sessions.OfUser("id-ann").Count.ShouldBe(2);

        int ended = await app.Sessions.EndUserAsync("id-ann", "The account is closed.").DefaultTimeout();

        ended.ShouldBe(2);
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => next.DefaultTimeout());
        error.Message.ShouldContain("The account is closed.");
        app.Sessions.All.ShouldHaveSingleItem().Id.ShouldBe(otherSession);
        app.Sessions.OfUser("id-ann").ShouldBeEmpty();
        (await app.Sessions.EndUserAsync("nobody")).ShouldBe(0);
        (await app.Sessions.EndAsync("no session")).ShouldBeFalse();
        (await other.Get<IClock>().WhoAsync().DefaultTimeout()).ShouldStartWith("bob");
    }

    private static async Task WaitForRoleAsync(TokenApp app, IClock clock, string expected)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (await clock.WhoAsync().DefaultTimeout() != expected)
        {
            guard.Token.ThrowIfCancellationRequested();
            app.Time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Delay(5, guard.Token);
        }
    }
}
