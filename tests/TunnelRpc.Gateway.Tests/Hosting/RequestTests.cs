using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Hosting;
using static TunnelRpc.Gateway.Tests.Hosting.OriginTestExtensions;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>What an application sees of a request.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task Application_sees_all_parts_of_a_request()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, context => context.Response.WriteAsJsonAsync(new[]
        {
            context.Request.Method,
            context.Request.Scheme,
            context.Request.Protocol,
            context.Request.Host.Value,
            context.Request.PathBase.Value,
            context.Request.Path.Value,
            context.Request.QueryString.Value,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers["X-Two"].ToString(),
            context.Connection.RemoteIpAddress?.ToString(),
            context.Connection.RemotePort.ToString(System.Globalization.CultureInfo.InvariantCulture),
            context.Features.GetRequiredFeature<ITunnelOriginFeature>().Name,
            context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody.ToString(),
        }));
        IHttpOrigin origin = await relay.GetOriginAsync();

        ReceivedResponse response = await origin.SendAsync(
            Request("GET", "/a%20b/../c%2Fd?x=%20", ("X-Two", "1"), ("X-Two", "2")) with { RemoteEndPoint = "[2001:db8::1]:4711" });

        JsonSerializer.Deserialize<string[]>(response.Text).ShouldBe(
        [
            "GET", "https", "HTTP/1.1", "shop.example", "", "/c%2Fd", "?x=%20", "/a%20b/../c%2Fd?x=%20",
            "1,2", "2001:db8::1", "4711", "shop",
            "False",
        ]);
    }

    [Theory]
    [InlineData("1.0", "HTTP/1.0")]
    [InlineData("1.1", "HTTP/1.1")]
    [InlineData("2", "HTTP/2")]
    [InlineData("3", "HTTP/3")]
    public async Task Protocol_is_that_of_the_client(string version, string protocol)
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app =
            await HostedApp.StartAsync(relay.Tunnel, context => context.Response.WriteAsync(context.Request.Protocol));
        IHttpOrigin origin = await relay.GetOriginAsync();

        (await origin.SendAsync(Request() with { Version = version })).Text.ShouldBe(protocol);
    }

    [Theory]
    [InlineData("/apps/shop", "/apps/shop")]
    [InlineData("/a%20b/", "/a b")]
    [InlineData("/", "")]
    [InlineData("apps", "")]
    public async Task Path_base_is_what_the_gateway_has_removed(string prefix, string pathBase)
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel, context => context.Response.WriteAsync($"{context.Request.PathBase.Value} {context.Request.Path.Value}"));
        IHttpOrigin origin = await relay.GetOriginAsync();

        (await origin.SendAsync(Request("GET", "/x", ("X-Forwarded-Prefix", prefix)))).Text.ShouldBe($"{pathBase} /x");
    }

    [Fact]
    public async Task Body_and_its_trailers_are_read()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            string before = context.Request.CheckTrailersAvailable() ? "early" : "later";
            using var reader = new StreamReader(context.Request.Body);
            string body = await reader.ReadToEndAsync();
            await context.Response.WriteAsync($"{before} {body} {context.Request.GetTrailer("X-Sum")}");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        ReceivedResponse response = await origin.SendAsync(
            Request("POST") with { HasBody = true },
            Data("one "),
            Data("two"),
            new HttpOriginPart { Trailers = [new HttpField("X-Sum", "7")] });

        response.Text.ShouldBe("later one two 7");
    }

    [Theory]
    [InlineData(10, 10, "10")]
    [InlineData(11, null, "status 413")]
    [InlineData(11, 11, "status 413")]
    [InlineData(5, 6, "status 400")]
    [InlineData(6, 5, "status 400")]
    public async Task Length_of_a_body_is_checked(int sent, int? stated, string expected)
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel,
            async context =>
            {
                var bytes = new MemoryStream();
                await context.Request.Body.CopyToAsync(bytes);
                await context.Response.WriteAsync($"{bytes.Length}");
            },
            options => options.MaxRequestBodySize = 10);
        IHttpOrigin origin = await relay.GetOriginAsync();
        HttpOriginRequest request = Request("POST", "/", stated is null ? [] : [("Content-Length", $"{stated}")]) with { HasBody = true };

        ReceivedResponse response = await origin.SendAsync(request, Data(new string('x', sent)));

        (response.Head.Status == 200 ? response.Text : $"status {response.Head.Status}").ShouldBe(expected);
    }

    [Fact]
    public async Task Application_changes_the_limit_of_a_body_before_it_reads()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel,
            async context =>
            {
                IHttpMaxRequestBodySizeFeature limit = context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>();
                limit.MaxRequestBodySize = null;
                using var reader = new StreamReader(context.Request.Body);
                string body = await reader.ReadToEndAsync();
                Should.Throw<InvalidOperationException>(() => limit.MaxRequestBodySize = 1);
                await context.Response.WriteAsync($"{body} {limit.IsReadOnly}");
            },
            options => options.MaxRequestBodySize = 1);
        IHttpOrigin origin = await relay.GetOriginAsync();

        (await origin.SendAsync(Request("POST") with { HasBody = true }, Data("more"))).Text.ShouldBe("more True");
    }

    [Fact]
    public async Task Read_that_is_cancelled_loses_no_bytes()
    {
        var parts = System.Threading.Channels.Channel.CreateUnbounded<HttpOriginPart>();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            using var source = new CancellationTokenSource();
            Task<int> read = context.Request.Body.ReadAsync(new byte[10], source.Token).AsTask();
            await source.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(read);
            cancelled.SetResult();
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(await reader.ReadToEndAsync());
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        IAsyncEnumerable<HttpOriginPart> response = origin.SendAsync(
            Request("POST") with { HasBody = true }, parts.Reader.ReadAllAsync(), CancellationToken.None);
        var text = new StringBuilder();
        Task receiving = Task.Run(async () =>
        {
            await foreach (HttpOriginPart part in response)
            {
                text.Append(Encoding.UTF8.GetString((part.Data ?? default).Span));
            }
        });
        await cancelled.Task.WaitAsync(TunnelRpc.Tests.Peers.TestTimeout.Default);

        parts.Writer.TryWrite(Data("after"));
        parts.Writer.Complete();

        await receiving.WaitAsync(TunnelRpc.Tests.Peers.TestTimeout.Default);
        text.ToString().ShouldBe("after");
    }

    [Theory]
    [InlineData("http://other.example/")]
    [InlineData("/%00")]
    [InlineData("/a b")]
    public async Task Request_with_an_invalid_target_is_answered_400_without_the_application(string target)
    {
        int calls = 0;
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, _ =>
        {
            calls++;
            return Task.CompletedTask;
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        (await origin.GetAsync(target)).Head.Status.ShouldBe(400);
        calls.ShouldBe(0);
    }

    [Theory]
    [InlineData("X-Bad", "a\r\nX-Injected: 1")]
    [InlineData("X Bad", "a")]
    [InlineData("", "a")]
    public async Task Request_with_an_invalid_field_is_answered_400(string name, string value)
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, _ => Task.CompletedTask);
        IHttpOrigin origin = await relay.GetOriginAsync();

        (await origin.SendAsync(Request("GET", "/", (name, value)))).Head.Status.ShouldBe(400);
    }

    [Fact]
    public async Task Part_that_is_no_part_of_a_body_fails_its_own_request_only()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("read");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        ReceivedResponse wrong = await origin.SendAsync(Request("POST") with { HasBody = true }, new HttpOriginPart());
        ReceivedResponse right = await origin.SendAsync(Request("POST") with { HasBody = true }, Data("x"));

        wrong.Head.Status.ShouldBe(400);
        right.Text.ShouldBe("read");
    }

    [Fact]
    public async Task Large_head_in_both_directions_passes()
    {
        string value = new('x', 60_000);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, context =>
        {
            context.Response.Headers["X-Large"] = context.Request.Headers["X-Large"];
            return context.Response.WriteAsync("done");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        ReceivedResponse response = await origin.SendAsync(Request("GET", "/", ("X-Large", value)));

        response["X-Large"].ShouldBe(value);
        response.Text.ShouldBe("done");
    }

    [Fact]
    public async Task Synchronous_reads_and_writes_are_refused_with_the_reason()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            string read = Should.Throw<InvalidOperationException>(() => context.Request.Body.Read(new byte[1], 0, 1)).Message;
            string write = Should.Throw<InvalidOperationException>(() => context.Response.Body.Write([1], 0, 1)).Message;
            await context.Response.WriteAsync($"{read == write} {read}");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        ReceivedResponse response = await origin.SendAsync(Request("POST") with { HasBody = true }, Data("x"));

        response.Text.ShouldStartWith("True Synchronous operations are not supported");
    }

    [Fact]
    public async Task Context_is_reused_for_the_next_request()
    {
        var contexts = new List<HttpContext>();
        var identifiers = new List<string>();
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, context =>
        {
            contexts.Add(context);
            identifiers.Add(context.TraceIdentifier);
            return context.Response.WriteAsync($"{context.Items.Count} {context.Request.Path}");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        // The next request may start before the context of the one before has been returned, so a few may be needed.
        for (int i = 1; contexts.Distinct().Count() == contexts.Count && i <= 10_000; i++)
        {
            (await origin.GetAsync($"/{i}")).Text.ShouldBe($"0 /{i}");
        }

        contexts.Distinct().Count().ShouldBe(contexts.Count - 1);
        identifiers.Distinct().Count().ShouldBe(identifiers.Count);
    }
}
