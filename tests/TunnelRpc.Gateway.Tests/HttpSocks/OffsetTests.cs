using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>Offsets: responses that are lost lose and duplicate nothing.</summary>
public sealed class OffsetTests
{
    [Fact]
    public async Task Bytes_stay_until_the_next_GET_acknowledges_them()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        using HttpResponseMessage written = await caller.PutAsync("abcdef", 0);
        SockCaller.Find(written, "X-Offset").ShouldBe("6");
        await Eventually.TrueAsync(async () => (await caller.FetchAsync(100, 0)).Text == "abcdef");

        (await caller.FetchAsync(100, 0)).ShouldBe((HttpStatusCode.OK, "abcdef", "0"));
        (await caller.FetchAsync(2, 2)).ShouldBe((HttpStatusCode.OK, "cd", "2"));
        (await caller.FetchAsync(100, 4)).ShouldBe((HttpStatusCode.OK, "ef", "4"));

        // The bytes before 4 were acknowledged.
        (HttpStatusCode status, _, string? start) = await caller.FetchAsync(100, 0);
        (status, start).ShouldBe((HttpStatusCode.Conflict, "4"));
        (await caller.FetchAsync(100, 7)).Status.ShouldBe(HttpStatusCode.Conflict);
        (await caller.FetchAsync(100, 4)).Text.ShouldBe("ef");
    }

    [Fact]
    public async Task Put_that_is_repeated_adds_only_the_bytes_that_are_new()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        using HttpResponseMessage first = await caller.PutAsync("abc", 0);
        using HttpResponseMessage same = await caller.PutAsync("abc", 0);
        using HttpResponseMessage longer = await caller.PutAsync("bcde", 1);
        using HttpResponseMessage gap = await caller.PutAsync("x", 6);
        using HttpResponseMessage next = await caller.PutAsync("f", 5);

        HttpResponseMessage[] responses = [first, same, longer, gap, next];
        responses.Select(r => ((int)r.StatusCode, SockCaller.Find(r, "X-Offset")))
            .ShouldBe([(204, "3"), (204, "3"), (204, "5"), (409, "5"), (204, "6")]);
        var echo = new StringBuilder();
        while (echo.Length < 6)
        {
            echo.Append((await caller.FetchAsync(100, echo.Length)).Text);
        }

        echo.ToString().ShouldBe("abcdef");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Second_GET_ends_the_one_that_is_held_and_gets_the_bytes(bool hasOffsets)
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        long? offset = hasOffsets ? 0 : null;

        Task<(HttpStatusCode Status, string Text, string? Offset)> first = caller.FetchAsync(100, offset);
        List<Task<(HttpStatusCode Status, string Text, string? Offset)>> all = [first];

        // Whichever of two arrives later is held. A third request ends one of them at the latest.
        while (!first.IsCompleted)
        {
            all.Add(caller.FetchAsync(100, offset));
            await Task.WhenAny(all.Where(t => !t.IsCompleted).Append(Task.Delay(50))).DefaultTimeout();
        }

        using HttpResponseMessage written = await caller.PutAsync("abc", 0);
        (HttpStatusCode Status, string Text, string? Offset)[] results = await Task.WhenAll(all).DefaultTimeout();

        results.Count(r => r.Status == HttpStatusCode.OK).ShouldBe(1);
        results.Single(r => r.Status == HttpStatusCode.OK).Text.ShouldBe("abc");
        results.Count(r => r.Status == HttpStatusCode.NoContent).ShouldBe(all.Count - 1);
    }

    [Fact]
    public async Task Put_with_an_offset_is_answered_with_what_was_accepted_when_the_application_does_not_read()
    {
        var go = new TaskCompletionSource();
        await using SockApp app = await SockApp.StartAsync(
            async (connection, aborted) =>
            {
                await go.Task.WaitAsync(aborted);
                await SockApp.Echo(connection, aborted);
            },
            options =>
            {
                options.BufferSize = 1024;
                options.IdleTimeout = TimeSpan.FromDays(1);
            });
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        byte[] body = RandomNumberGenerator.GetBytes(3000);

        // The hold time may pass before the body has arrived; then less is accepted.
        int accepted = 0;
        while (accepted < 1024)
        {
            Task<HttpResponseMessage> put = caller.PutAsync(body[accepted..], accepted);
            await Eventually.TrueAsync(() => put.IsCompleted, () => app.Time.Advance(TimeSpan.FromSeconds(1)));
            using HttpResponseMessage partial = await put;
            partial.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            accepted = int.Parse(SockCaller.Find(partial, "X-Offset")!, CultureInfo.InvariantCulture);
        }

        accepted.ShouldBe(1024);

        // The next PUT supersedes one that waits, as the repetition after a lost response does.
        Task<HttpResponseMessage> waiting = caller.PutAsync(body[1024..], 1024);
        Task<HttpResponseMessage> repeated = caller.PutAsync(body[1024..], 1024);
        Task<HttpResponseMessage> superseded = await Task.WhenAny(waiting, repeated).DefaultTimeout();
        (await superseded).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        go.SetResult();
        using var received = new MemoryStream();
        while (received.Length < body.Length)
        {
            using HttpResponseMessage get = await caller.GetAsync(700, received.Length);
            await get.Content.CopyToAsync(received);
            if (get.StatusCode == HttpStatusCode.NoContent)
            {
                using HttpResponseMessage rest = await caller.PutAsync(body[1024..], 1024);
            }
        }

        received.ToArray().ShouldBe(body);
        using HttpResponseMessage one = await waiting;
        using HttpResponseMessage two = await repeated;
        two.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Put_without_an_offset_waits_and_a_second_one_is_refused()
    {
        var go = new TaskCompletionSource();
        await using SockApp app = await SockApp.StartAsync(
            async (connection, aborted) =>
            {
                await go.Task.WaitAsync(aborted);
                await SockApp.Echo(connection, aborted);
            },
            options => options.BufferSize = 1024);
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);

        Task<HttpResponseMessage>[] puts = [caller.PutAsync(new byte[1500]), caller.PutAsync(new byte[1500])];
        Task<HttpResponseMessage> refused = await Task.WhenAny(puts).DefaultTimeout();
        (await refused).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        Task<HttpResponseMessage> other = puts.Single(p => p != refused);
        other.IsCompleted.ShouldBeFalse();

        go.SetResult();
        int received = 0;
        while (received < 1500)
        {
            received += (await caller.FetchAsync(100_000)).Text.Length;
        }

        (await other.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        received.ShouldBe(1500);
    }

    [Theory]
    [InlineData(1, 3_000)]
    [InlineData(2, 3_000)]
    [InlineData(3, 20_000)]
    [InlineData(4, 150_000)]
    public async Task Stream_through_a_proxy_that_cuts_connections_loses_and_duplicates_nothing(int seed, int maxBytes)
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo, options => options.BufferSize = 16 << 10);
        await using var proxy = new CuttingProxy(app.Root, maxBytes, seed);
        byte[] sent = new byte[20 * maxBytes];
        new Random(seed).NextBytes(sent);
        Stream stream = await ConnectAsync(new Uri(proxy.Address, "/sock"));

        Task writing = stream.WriteAsync(sent).DefaultTimeout();
        byte[] received = new byte[sent.Length];
        await stream.ReadExactlyAsync(received).DefaultTimeout();
        await writing;

        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        proxy.Cuts.ShouldBeGreaterThan(10);
        await stream.DisposeAsync();
    }

    /// <summary>The POST is not repeated, since its response is the session.</summary>
    private static async Task<Stream> ConnectAsync(Uri address)
    {
        while (true)
        {
            try
            {
                // Less than a block, so that requests pass a proxy that cuts connections after a few thousand bytes.
                return await HttpSock.ConnectAsync(
                    address, new HttpSockClientOptions { BufferSize = 1024, RetryTimeout = TimeSpan.FromMinutes(2) }).DefaultTimeout();
            }
            catch (IOException)
            {
                // The proxy has cut the connection.
            }
        }
    }
}
