using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>An application with minimal APIs, asked through a real gateway.</summary>
public sealed class MinimalApiTests
{
    private static readonly HttpClient Http = new() { Timeout = TestTimeout.Default };

    private sealed record Order(string Item, int Count);

    private static void Map(WebApplication app)
    {
        app.MapPost("/orders", (Order order, HttpRequest request) =>
            Results.Created($"{request.PathBase}/orders/7", order with { Count = order.Count + 1 }));
        app.MapPost("/upload", async (HttpRequest request) =>
        {
            IFormCollection form = await request.ReadFormAsync();
            using var reader = new StreamReader(form.Files["file"]!.OpenReadStream());
            return $"{form["title"]}: {await reader.ReadToEndAsync()}";
        });
        app.MapPost("/form", async (HttpRequest request) => (await request.ReadFormAsync())["a"].ToString());
        app.MapGet("/file", () => TypedResults.File("0123456789"u8.ToArray(), "text/plain", enableRangeProcessing: true));
        app.MapGet("/fail", string () => throw new InvalidOperationException("a failing endpoint"));
        app.MapGet("/events", (CancellationToken cancellationToken) => TypedResults.ServerSentEvents(EventsAsync(cancellationToken)));
        app.MapMethods("/head", ["HEAD"], () => Results.Ok());
        app.MapGet("/address", (HttpContext context) =>
            $"{context.Connection.RemoteIpAddress} {context.Request.Scheme} {context.Request.Host}");
    }

    private static async IAsyncEnumerable<string> EventsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < 3; i++)
        {
            yield return $"event {i}";
        }

        // The stream stays open; the events before must arrive without its end.
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    [Fact]
    public async Task Json_is_read_and_written()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, Map);

        using HttpResponseMessage response = await Http.PostAsJsonAsync(new Uri(relay.Shop, "orders"), new Order("bolt", 1));

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        response.Headers.Location!.ToString().ShouldBe("/apps/shop/orders/7");
        (await response.Content.ReadFromJsonAsync<Order>()).ShouldBe(new Order("bolt", 2));
    }

    [Fact]
    public async Task Forms_with_and_without_files_are_read()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, Map);
        using var form = new MultipartFormDataContent
        {
            { new StringContent("notes"), "title" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(new string('x', 200_000))), "file", "notes.txt" },
        };

        using HttpResponseMessage upload = await Http.PostAsync(new Uri(relay.Shop, "upload"), form);
        using HttpResponseMessage plain = await Http.PostAsync(
            new Uri(relay.Shop, "form"), new FormUrlEncodedContent([new("a", "1 2")]));

        (await upload.Content.ReadAsStringAsync()).ShouldBe("notes: " + new string('x', 200_000));
        (await plain.Content.ReadAsStringAsync()).ShouldBe("1 2");
    }

    [Fact]
    public async Task Range_of_a_file_is_served()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, Map);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(relay.Shop, "file"));
        request.Headers.Range = new(2, 4);

        using HttpResponseMessage response = await Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await response.Content.ReadAsStringAsync()).ShouldBe("234");
    }

    [Fact]
    public async Task Failing_endpoint_is_a_500_and_the_next_request_succeeds()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, Map);

        using HttpResponseMessage failed = await Http.GetAsync(new Uri(relay.Shop, "fail"));
        using HttpResponseMessage next = await Http.GetAsync(new Uri(relay.Shop, "file"));

        failed.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await failed.Content.ReadAsStringAsync()).ShouldNotContain("a failing endpoint");
        next.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Server_sent_events_arrive_while_the_stream_is_open()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, Map);
        using HttpResponseMessage response =
            await Http.GetAsync(new Uri(relay.Shop, "events"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        var events = new List<string>();
        while (events.Count < 3)
        {
            if (await reader.ReadLineAsync().WaitAsync(TestTimeout.Default) is { Length: > 0 } line)
            {
                events.Add(line);
            }
        }

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        events.ShouldBe(["data: event 0", "data: event 1", "data: event 2"]);
    }

    [Fact]
    public async Task Application_sees_the_client_and_the_address_of_the_gateway()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, Map);

        string text = await Http.GetStringAsync(new Uri(relay.Shop, "address"));

        text.ShouldBe($"127.0.0.1 http {relay.Shop.Authority}");
        app.App.Urls.ShouldHaveSingleItem().ShouldBe(relay.Shop.AbsoluteUri);
    }

    [Fact]
    public async Task Client_that_disconnects_cancels_the_request()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task;
        });
        using var source = new CancellationTokenSource();
        Task<HttpResponseMessage> request = Http.GetAsync(relay.Shop, source.Token);
        await started.Task.DefaultTimeout();

        await source.CancelAsync();

        await aborted.Task.DefaultTimeout();
        await Should.ThrowAsync<OperationCanceledException>(request);
    }

    [Fact]
    public async Task Response_that_the_application_breaks_off_does_not_look_whole()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            await context.Response.WriteAsync("part");
            context.Abort();
        });

        await Should.ThrowAsync<HttpRequestException>(() => Http.GetStringAsync(relay.Shop));
    }

    [Fact]
    public async Task Many_requests_at_once_are_served()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int running = 0;
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            if (Interlocked.Increment(ref running) == 200)
            {
                gate.SetResult();
            }

            await gate.Task;
            await context.Response.WriteAsync(context.Request.QueryString.Value!);
        });

        string[] texts = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => Http.GetStringAsync(new Uri(relay.Shop, $"?{i}")))).DefaultTimeout();

        texts.ShouldBe(Enumerable.Range(0, 200).Select(i => $"?{i}"));
    }
}
