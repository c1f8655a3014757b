using System.Net;
using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Tunnel;

/// <summary>The responses that the gateway itself gives.</summary>
public sealed class StatusTests
{
    [Theory]
    [InlineData("/apps/other/")]
    [InlineData("/apps/Shop/")]
    [InlineData("/apps/a%2Fb/")]
    public async Task Unknown_name_is_404(string path)
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);

        using HttpResponseMessage response = await relay.Client.GetAsync(relay.Gateway.Address(path));

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
    }

    [Fact]
    public async Task Name_without_an_origin_is_503_with_a_time_to_retry()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        gateway.Router.TryClaim("held", new GatewayOwner("token", "1"), null, out GatewayClaim? claim, out _).ShouldBeTrue();
        using GatewayClaim held = claim!;
        using var client = new HttpClient();

        using HttpResponseMessage response = await client.GetAsync(gateway.Address("/apps/held/"));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Origin_that_does_not_listen_is_503_without_its_address()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);
        int port = relay.Origin.Address.Port;
        await relay.Origin.DisposeAsync();

        using HttpResponseMessage response = await relay.Client.GetAsync(relay.Address());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter.ShouldNotBeNull();
        (await response.Content.ReadAsStringAsync()).ShouldNotContain($"{port}");
    }

    [Fact]
    public async Task Origin_without_a_response_in_time_is_504_and_its_request_is_cancelled()
    {
        var clock = new FakeTimeProvider();
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using Relay relay = await Relay.StartAsync(
            async context =>
            {
                context.RequestAborted.Register(() => aborted.TrySetResult());
                started.TrySetResult();
                await aborted.Task;
            },
            options => options.TimeProvider = clock);

        Task<HttpResponseMessage> sending = relay.Client.GetAsync(relay.Address());
        await started.Task.DefaultTimeout();
        clock.Advance(TimeSpan.FromSeconds(99));
        sending.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(1));

        using HttpResponseMessage response = await sending.DefaultTimeout();
        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        await aborted.Task.DefaultTimeout();
    }

    [Fact]
    public async Task Stream_has_no_time_limit_after_its_head()
    {
        var clock = new FakeTimeProvider();
        var more = new TaskCompletionSource();
        await using Relay relay = await Relay.StartAsync(
            async context =>
            {
                await context.Response.Body.FlushAsync();
                await more.Task;
                await context.Response.WriteAsync("late");
            },
            options => options.TimeProvider = clock);

        using HttpResponseMessage response = await relay.Client
            .GetAsync(relay.Address(), HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();
        clock.Advance(TimeSpan.FromDays(1));
        more.SetResult();

        (await response.Content.ReadAsStringAsync().DefaultTimeout()).ShouldBe("late");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_above_the_limit_is_413(bool isAnnounced)
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.EchoAsync, options => options.MaxRequestBodySize = 1000);
        using var request = new HttpRequestMessage(HttpMethod.Post, relay.Address()) { Content = new ByteArrayContent(new byte[1001]) };
        request.Headers.TransferEncodingChunked = !isAnnounced;

        using HttpResponseMessage response = await relay.Client.SendAsync(request);
        using HttpResponseMessage second = await relay.Client.PostAsync(relay.Address(), new ByteArrayContent(new byte[1000]));

        // Without an announcement, the echo may have begun before the limit was reached: then the response is broken off.
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Requests_above_the_limit_of_a_name_are_503()
    {
        var release = new TaskCompletionSource();
        int running = 0;
        await using Relay relay = await Relay.StartAsync(
            async context =>
            {
                Interlocked.Increment(ref running);
                await release.Task;
            },
            options => options.MaxRequestsPerName = 2);

        Task<HttpResponseMessage>[] accepted = [relay.Client.GetAsync(relay.Address()), relay.Client.GetAsync(relay.Address())];
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 2);
        using HttpResponseMessage refused = await relay.Client.GetAsync(relay.Address());
        release.SetResult();

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("MaxRequestsPerName");
        (await Task.WhenAll(accepted)).ShouldAllBe(response => response.StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Inspection_keeps_the_last_requests_without_their_secrets()
    {
        await using Relay relay = await Relay.StartAsync(
            async context =>
            {
                context.Response.Headers.SetCookie = "id=secret";
                await context.Request.Body.CopyToAsync(context.Response.Body);
            },
            options => options.InspectedRequests = 2);
        using var stop = new CancellationTokenSource();
        await using IAsyncEnumerator<GatewayExchange> changes = relay.Gateway.Gateway.WatchRequestsAsync(stop.Token).GetAsyncEnumerator();
        Task<bool> first = changes.MoveNextAsync().AsTask();
        for (int i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, relay.Address($"/{i}"));
            request.Content = new StringContent($"body {i}");
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer secret");
            request.Headers.TryAddWithoutValidation("Cookie", "secret");
            (await relay.Client.SendAsync(request)).EnsureSuccessStatusCode();
        }

        await Eventually.TrueAsync(() => relay.Gateway.Gateway.RecentRequests.All(exchange => exchange.IsCompleted));
        IReadOnlyList<GatewayExchange> recent = relay.Gateway.Gateway.RecentRequests;
        recent.Select(exchange => exchange.Target).ShouldBe(["/1", "/2"]);
        recent.ShouldAllBe(exchange => exchange.Status == 200 && exchange.Dialect == "tunnel" && exchange.Error == null);
        System.Text.Encoding.UTF8.GetString(recent[1].RequestBody.Span).ShouldBe("body 2");
        System.Text.Encoding.UTF8.GetString(recent[1].ResponseBody.Span).ShouldBe("body 2");
        recent.SelectMany(exchange => exchange.RequestHeaders.Concat(exchange.ResponseHeaders))
            .ShouldNotContain(field => field.Value.Contains("secret"));
        (await first.DefaultTimeout()).ShouldBeTrue();
        changes.Current.Target.ShouldBe("/0");
        changes.Current.IsCompleted.ShouldBeFalse();
    }
}
