using System.Net;
using System.Text;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>The four requests and their statuses (docs/gateway-httpsock.md), by a client without offsets.</summary>
public sealed class WireTests
{
    [Fact]
    public async Task Session_is_opened_written_read_and_closed_with_four_requests()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using var caller = new SockCaller(app.Address);

        using HttpResponseMessage opened = await caller.SendAsync(HttpMethod.Post);
        opened.StatusCode.ShouldBe(HttpStatusCode.Created);
        caller.Session = opened.Headers.GetValues("X-Session").Single();
        using HttpResponseMessage written = await caller.PutAsync("hello");
        using HttpResponseMessage read = await caller.GetAsync(100);
        using HttpResponseMessage closed = await caller.DeleteAsync();
        using HttpResponseMessage after = await caller.GetAsync(100);

        caller.Session.Length.ShouldBe(43);
        (written.StatusCode, (await written.Content.ReadAsByteArrayAsync()).Length).ShouldBe((HttpStatusCode.NoContent, 0));
        (read.StatusCode, await read.Content.ReadAsStringAsync()).ShouldBe((HttpStatusCode.OK, "hello"));
        closed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        after.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        HttpResponseMessage[] responses = [opened, written, read, closed, after];
        responses.ShouldAllBe(r => r.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task Get_without_bytes_is_held_and_answered_204_after_the_hold_time()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo, options => options.IdleTimeout = TimeSpan.FromDays(1));
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        DateTimeOffset start = app.Time.GetUtcNow();

        Task<(HttpStatusCode Status, string Text, string? Offset)> held = caller.FetchAsync(10);
        await Eventually.TrueAsync(() => held.IsCompleted, () => app.Time.Advance(TimeSpan.FromSeconds(1)));

        (await held).Status.ShouldBe(HttpStatusCode.NoContent);
        (app.Time.GetUtcNow() - start).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task Get_that_is_held_is_answered_when_the_application_writes()
    {
        var go = new TaskCompletionSource();
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            await go.Task.WaitAsync(aborted);
            await connection.Stream.WriteAsync("now"u8.ToArray(), aborted);
            await Task.Delay(Timeout.Infinite, aborted);
        });
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        Task<(HttpStatusCode Status, string Text, string? Offset)> held = caller.FetchAsync(10);
        go.SetResult();

        (await held.DefaultTimeout()).ShouldBe((HttpStatusCode.OK, "now", "0"));
    }

    [Fact]
    public async Task Response_has_at_most_X_Content_Length_bytes()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        using HttpResponseMessage written = await caller.PutAsync("abcdefgh");
        var received = new StringBuilder();

        while (received.Length < 8)
        {
            (HttpStatusCode status, string text, _) = await caller.FetchAsync(3);
            status.ShouldBe(HttpStatusCode.OK);
            text.Length.ShouldBeInRange(1, 3);
            received.Append(text);
        }

        received.ToString().ShouldBe("abcdefgh");
    }

    [Fact]
    public async Task End_of_the_stream_is_200_with_X_EOF_after_all_bytes_and_again_when_asked_again()
    {
        await using SockApp app = await SockApp.StartAsync(
            async (connection, aborted) => await connection.Stream.WriteAsync("bye"u8.ToArray(), aborted));
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        (await caller.FetchAsync(100)).Text.ShouldBe("bye");
        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage end = await caller.GetAsync(100);
            end.StatusCode.ShouldBe(HttpStatusCode.OK);
            SockCaller.Find(end, "X-EOF").ShouldBe("1");
            end.Content.Headers.ContentLength.ShouldBe(0);
        }

        using HttpResponseMessage refused = await caller.PutAsync("too late");
        refused.StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task X_EOF_of_a_PUT_ends_the_stream_to_the_application_and_not_the_one_from_it()
    {
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            using var all = new MemoryStream();
            await connection.Stream.CopyToAsync(all, aborted);
            await connection.Stream.WriteAsync(Encoding.UTF8.GetBytes($"{all.Length} bytes"), aborted);
        });
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        using HttpResponseMessage first = await caller.PutAsync("abc");
        using HttpResponseMessage last = await caller.PutAsync("de"u8.ToArray(), eof: true);

        last.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await caller.FetchAsync(100)).Text.ShouldBe("5 bytes");
    }

    [Fact]
    public async Task Delete_leaves_the_application_what_was_received_and_fails_its_writes()
    {
        var read = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource();
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            await go.Task.WaitAsync(aborted);
            using var all = new MemoryStream();
            await connection.Stream.CopyToAsync(all, aborted);
            string text = Encoding.UTF8.GetString(all.ToArray());
            try
            {
                await connection.Stream.WriteAsync(new byte[1], aborted);
            }
            catch (IOException)
            {
                read.SetResult($"{text}, {aborted.IsCancellationRequested}");
            }
        });
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        using HttpResponseMessage written = await caller.PutAsync("last words");
        using HttpResponseMessage closed = await caller.DeleteAsync();
        go.SetResult();

        (await read.Task.DefaultTimeout()).ShouldBe("last words, False");
        app.Log.ShouldNotContain(line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("X-Content-Length", "0", 400)]
    [InlineData("X-Content-Length", "-1", 400)]
    [InlineData("X-Content-Length", "1.5", 400)]
    [InlineData("X-Content-Length", "ten", 400)]
    [InlineData("X-Content-Length", "1, 2", 400)]
    [InlineData("X-Content-Length", "99999999999999999999999999999999", 200)]
    [InlineData("X-Content-Length", "9223372036854775807", 200)]
    [InlineData("X-Content-Length", "0004", 200)]
    [InlineData("X-Offset", "x", 400)]
    [InlineData("X-Offset", "-5", 400)]
    [InlineData("X-Offset", "99999999999999999999999999999999", 409)]
    [InlineData("X-Offset", "5", 409)]
    [InlineData("X-Offset", "4", 200)]
    [InlineData("X-EOF", "maybe", 200)]
    public async Task Get_with_an_unusual_field_costs_only_itself(string name, string value, int status)
    {
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            await connection.Stream.WriteAsync("abcd"u8.ToArray(), aborted);
        });
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        (await caller.FetchAsync(4, offset: 0)).Text.ShouldBe("abcd");

        using HttpResponseMessage response = await caller.SendAsync(HttpMethod.Get, null, default, (name, value));
        ((int)response.StatusCode).ShouldBe(status);

        if (status >= 400)
        {
            (await caller.FetchAsync(4, offset: 0)).ShouldBe((HttpStatusCode.OK, "abcd", "0"));
        }
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("HEAD")]
    [InlineData("BREW")]
    public async Task Other_methods_get_405(string method)
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        using HttpResponseMessage response = await caller.SendAsync(new HttpMethod(method));

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["POST", "PUT", "GET", "DELETE"], ignoreOrder: true);
    }

    [Fact]
    public async Task Page_of_another_site_is_refused_and_one_that_is_allowed_is_not()
    {
        await using SockApp app = await SockApp.StartAsync(
            SockApp.Echo, options => options.AllowedOrigins.Add("https://app.example"));
        using var caller = new SockCaller(app.Address);

        using HttpResponseMessage foreign = await caller.SendAsync(HttpMethod.Post, null, default, ("Origin", "https://evil.example"));
        using HttpResponseMessage opaque = await caller.SendAsync(HttpMethod.Post, null, default, ("Origin", "null"));
        using HttpResponseMessage allowed = await caller.SendAsync(HttpMethod.Post, null, default, ("Origin", "https://app.example"));
        using HttpResponseMessage own = await caller.SendAsync(
            HttpMethod.Post, null, default, ("Origin", app.Root.GetLeftPart(UriPartial.Authority)));

        HttpResponseMessage[] responses = [foreign, opaque, allowed, own];
        responses.Select(r => (int)r.StatusCode).ShouldBe([403, 403, 201, 201]);
    }
}
