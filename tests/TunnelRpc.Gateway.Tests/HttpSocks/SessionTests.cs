using System.Net;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>Sessions that end, that belong to others, and that are too many.</summary>
public sealed class SessionTests
{
    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("../../../../etc/passwd")]
    public async Task Request_with_a_wrong_session_is_refused(string id)
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller opened = await SockCaller.OpenAsync(app.Address);
        using var caller = new SockCaller(app.Address) { Session = id };

        using HttpResponseMessage put = await caller.PutAsync("x");
        using HttpResponseMessage get = await caller.GetAsync(1);
        using HttpResponseMessage delete = await caller.DeleteAsync();

        HttpStatusCode expected = id.Length == 0 ? HttpStatusCode.BadRequest : HttpStatusCode.NotFound;
        HttpResponseMessage[] responses = [put, get, delete];
        responses.ShouldAllBe(r => r.StatusCode == expected);
    }

    [Fact]
    public async Task Request_without_a_session_or_with_two_is_refused()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller opened = await SockCaller.OpenAsync(app.Address);
        using var without = new SockCaller(app.Address);

        using HttpResponseMessage none = await without.GetAsync(1);
        using HttpResponseMessage two = await opened.SendAsync(HttpMethod.Get, null, default, ("X-Session", "second"));

        (none.StatusCode, two.StatusCode).ShouldBe((HttpStatusCode.BadRequest, HttpStatusCode.NotFound));
    }

    [Theory]
    [InlineData("ann", "bob", "/sock", "/sock")]
    [InlineData("ann", null, "/sock", "/sock")]
    [InlineData(null, "bob", "/sock", "/sock")]
    [InlineData("ann", "ann", "/sock", "/other")]
    [InlineData(null, null, "/rooms/1", "/rooms/2")]
    public async Task Session_of_another_user_or_URL_is_unknown_and_stays_unharmed(
        string? owner, string? other, string ownPath, string otherPath)
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller opened = await SockCaller.OpenAsync(new Uri(app.Root, ownPath), owner);
        using var foreign = new SockCaller(new Uri(app.Root, otherPath), other) { Session = opened.Session };

        using HttpResponseMessage put = await foreign.PutAsync("x");
        using HttpResponseMessage get = await foreign.GetAsync(1);
        using HttpResponseMessage delete = await foreign.DeleteAsync();
        using HttpResponseMessage written = await opened.PutAsync("mine");

        HttpResponseMessage[] responses = [put, get, delete];
        responses.ShouldAllBe(r => r.StatusCode == HttpStatusCode.NotFound);
        (await opened.FetchAsync(100)).Text.ShouldBe("mine");
    }

    [Fact]
    public async Task Session_without_requests_for_the_idle_timeout_has_expired()
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            try
            {
                await connection.Stream.ReadExactlyAsync(new byte[1], CancellationToken.None);
            }
            catch (IOException error)
            {
                ended.SetResult($"{aborted.IsCancellationRequested}: {error.Message}");
            }
        });
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        for (int i = 0; i < 3; i++)
        {
            app.Time.Advance(TimeSpan.FromSeconds(119));
            using HttpResponseMessage alive = await caller.PutAsync([], 0);
            alive.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        ended.Task.IsCompleted.ShouldBeFalse();

        await Eventually.TrueAsync(() => ended.Task.IsCompleted, () => app.Time.Advance(TimeSpan.FromSeconds(1)));
        (await ended.Task).ShouldStartWith("True: The session has expired");
        using HttpResponseMessage response = await caller.GetAsync(1);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Session_of_a_handler_that_failed_is_410_and_the_failure_is_logged_without_the_id()
    {
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            await connection.Stream.ReadExactlyAsync(new byte[1], aborted);
            throw new InvalidOperationException("boom");
        });
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        using HttpResponseMessage put = await caller.PutAsync("x");
        using HttpResponseMessage get = await caller.GetAsync(1);
        using HttpResponseMessage again = await caller.PutAsync("x");
        using HttpResponseMessage delete = await caller.DeleteAsync();

        HttpResponseMessage[] responses = [put, get, again, delete];
        responses.Select(r => (int)r.StatusCode).ShouldBe([204, 410, 410, 204]);
        app.Log.ShouldContain(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("boom"));
        app.Log.ShouldNotContain(line => line.Contains(caller.Session!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sessions_above_a_limit_are_refused_until_one_is_closed()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo, options =>
        {
            options.MaxSessions = 5;
            options.MaxSessionsPerUser = 2;
            options.MaxSessionsPerRemoteAddress = 4;
        });
        using SockCaller first = await SockCaller.OpenAsync(app.Address, "ann");
        using SockCaller second = await SockCaller.OpenAsync(app.Address, "ann");

        (await PostAsync("ann")).ShouldBe((429, "MaxSessionsPerUser"));
        (await PostAsync("bob")).ShouldBe((201, ""));
        (await PostAsync(null)).ShouldBe((201, ""));
        (await PostAsync("bob")).ShouldBe((429, "MaxSessionsPerRemoteAddress"));

        using HttpResponseMessage closed = await first.DeleteAsync();
        await Eventually.TrueAsync(async () => (await PostAsync("ann")).Status == 201);

        async Task<(int Status, string Limit)> PostAsync(string? user)
        {
            using var caller = new SockCaller(app.Address, user);
            using HttpResponseMessage response = await caller.SendAsync(HttpMethod.Post);
            string text = await response.Content.ReadAsStringAsync();
            response.Headers.RetryAfter.ShouldBe(text.Length == 0 ? null : new(TimeSpan.FromSeconds(5)));
            return ((int)response.StatusCode, text.Length == 0 ? "" : text.Split(' ')[2]);
        }
    }

    [Fact]
    public async Task Sessions_above_the_total_limit_get_503_and_expire()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo, options => options.MaxSessions = 3);
        for (int i = 0; i < 3; i++)
        {
            (await SockCaller.OpenAsync(app.Address)).Dispose();
        }

        using var caller = new SockCaller(app.Address);
        using HttpResponseMessage refused = await caller.SendAsync(HttpMethod.Post);
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        app.Time.Advance(TimeSpan.FromSeconds(120));
        await Eventually.TrueAsync(async () =>
        {
            using HttpResponseMessage response = await caller.SendAsync(HttpMethod.Post);
            return response.StatusCode == HttpStatusCode.Created;
        });
    }

    [Fact]
    public async Task Handler_of_a_deleted_session_counts_until_it_ends_and_is_cancelled_after_the_idle_timeout()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using SockApp app = await SockApp.StartAsync(
            async (_, aborted) =>
            {
                await using CancellationTokenRegistration registration = aborted.Register(() => cancelled.TrySetResult());
                await Task.Delay(Timeout.Infinite, aborted);
            },
            options => options.MaxSessions = 1);
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        using HttpResponseMessage deleted = await caller.DeleteAsync();
        using var next = new SockCaller(app.Address);

        using HttpResponseMessage refused = await next.SendAsync(HttpMethod.Post);
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        cancelled.Task.IsCompleted.ShouldBeFalse();

        await Eventually.TrueAsync(() => cancelled.Task.IsCompleted, () => app.Time.Advance(TimeSpan.FromSeconds(30)));
        await Eventually.TrueAsync(async () =>
        {
            using HttpResponseMessage response = await next.SendAsync(HttpMethod.Post);
            return response.StatusCode == HttpStatusCode.Created;
        });
    }

    [Fact]
    public async Task Server_that_stops_cancels_its_handlers_and_answers_held_requests()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using SockApp app = await SockApp.StartAsync(async (_, aborted) =>
        {
            await using CancellationTokenRegistration registration = aborted.Register(() => cancelled.TrySetResult());
            await Task.Delay(Timeout.Infinite, aborted);
        });
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        Task<(HttpStatusCode Status, string Text, string? Offset)> held = caller.FetchAsync(1);

        await app.StopAsync();

        await cancelled.Task.DefaultTimeout();
        app.Log.ShouldNotContain(line => line.StartsWith("Error", StringComparison.Ordinal));

        // The request may arrive before the server stops listening, or not at all.
        HttpStatusCode? status = null;
        try
        {
            status = (await held.DefaultTimeout()).Status;
        }
        catch (HttpRequestException)
        {
        }

        status.ShouldBeOneOf(HttpStatusCode.Gone, HttpStatusCode.NotFound, HttpStatusCode.ServiceUnavailable, null);
    }
}
