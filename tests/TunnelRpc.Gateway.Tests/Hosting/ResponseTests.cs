using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Tests.Peers;
using static TunnelRpc.Gateway.Tests.Hosting.OriginTestExtensions;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>The responses of an application, and the rules for their heads and bodies, which are those of Kestrel.</summary>
public sealed class ResponseTests
{
    /// <summary>Asks an application that handles all requests with one delegate.</summary>
    private static async Task<ReceivedResponse> AskAsync(RequestDelegate handler, HttpOriginRequest? request = null)
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, handler);
        IHttpOrigin origin = await relay.GetOriginAsync();
        return await origin.SendAsync(request ?? Request());
    }

    [Fact]
    public async Task Response_without_a_body_has_a_length_of_zero()
    {
        ReceivedResponse response = await AskAsync(_ => Task.CompletedTask);

        response.Head.Status.ShouldBe(200);
        response["Content-Length"].ShouldBe("0");
        response.Bytes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(204, null)]
    [InlineData(205, "0")]
    [InlineData(304, null)]
    public async Task Status_without_a_body_has_the_length_that_kestrel_states(int status, string? length)
    {
        ReceivedResponse response = await AskAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        response.Head.Status.ShouldBe(status);
        response["Content-Length"].ShouldBe(length);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public async Task Body_that_the_status_does_not_allow_fails_the_write(int status)
    {
        ReceivedResponse response = await AskAsync(async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.StartAsync();
            (await Should.ThrowAsync<InvalidOperationException>(() => context.Response.WriteAsync("x"))).Message
                .ShouldBe($"Writing to the response body is invalid for responses with status code {status}.");
        });

        response.Head.Status.ShouldBe(status);
        response.Bytes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Response_to_head_has_the_length_and_no_body()
    {
        ReceivedResponse response = await AskAsync(
            async context =>
            {
                context.Response.ContentLength = 5;
                await context.Response.WriteAsync("12345");
            },
            Request("HEAD"));

        response["Content-Length"].ShouldBe("5");
        response.Bytes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fields_of_a_connection_are_not_passed_on()
    {
        ReceivedResponse response = await AskAsync(context =>
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers.Connection = "close, X-Hop";
            headers["X-Hop"] = "1";
            headers["Keep-Alive"] = "timeout=5";
            headers.TransferEncoding = "chunked";
            headers.Upgrade = "h2c";
            headers["X-Kept"] = "2";
            return context.Response.WriteAsync("x");
        });

        response.Head.Fields.Select(field => field.Name).ShouldBe(["X-Kept"]);
    }

    [Fact]
    public async Task Repeated_fields_stay_apart_and_a_reason_is_kept()
    {
        ReceivedResponse response = await AskAsync(context =>
        {
            context.Response.StatusCode = 299;
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = "Fine";
            context.Response.Cookies.Append("a", "1");
            context.Response.Cookies.Append("b", "2");
            return Task.CompletedTask;
        });

        response.Head.Status.ShouldBe(299);
        response.Head.Reason.ShouldBe("Fine");
        response.Head.Fields.Where(field => field.Name == "Set-Cookie").Select(field => field.Value)
            .ShouldBe(["a=1; path=/", "b=2; path=/"]);
    }

    [Fact]
    public async Task Callbacks_run_last_first_and_around_the_body()
    {
        var events = new List<string>();
        var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            context.Response.OnCompleted(() =>
            {
                events.Add("completed 1");
                completed.SetResult();
                return Task.CompletedTask;
            });
            context.Response.OnCompleted(() =>
            {
                events.Add("completed 2");
                throw new InvalidOperationException("a failing callback");
            });
            context.Response.OnStarting(() =>
            {
                events.Add("starting 1");
                return Task.CompletedTask;
            });
            context.Response.OnStarting(async () =>
            {
                await Task.Yield();
                events.Add("starting 2");
                context.Response.Headers["X-Late"] = "1";
            });
            events.Add("write");
            await context.Response.WriteAsync("x");
            events.Add($"written {context.Response.HasStarted}");
            Should.Throw<InvalidOperationException>(() => context.Response.OnStarting(() => Task.CompletedTask));
            Should.Throw<InvalidOperationException>(() => context.Response.StatusCode = 500);
            Should.Throw<InvalidOperationException>(() => context.Response.Headers["X-TooLate"] = "1");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        ReceivedResponse response = await origin.GetAsync();

        await completed.Task.DefaultTimeout();
        response["X-Late"].ShouldBe("1");
        events.ShouldBe(["write", "starting 2", "starting 1", "written True", "completed 2", "completed 1"]);
        app.Log.Lines.ShouldContain(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("a failing callback"));
    }

    [Fact]
    public async Task Exception_before_the_start_is_an_empty_500()
    {
        ReceivedResponse response = await AskAsync(context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers["X-Secret"] = "1";
            context.Response.BodyWriter.Write("not flushed"u8);
            throw new InvalidOperationException("a failing application");
        });

        response.Head.Status.ShouldBe(500);
        response.Head.Fields.ShouldBe([new HttpField("Content-Length", "0")]);
        response.Bytes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Exception_of_a_starting_callback_is_a_500_also_if_the_application_catches_it()
    {
        ReceivedResponse response = await AskAsync(async context =>
        {
            context.Response.OnStarting(() => throw new InvalidOperationException("a failing callback"));
            await Should.ThrowAsync<ObjectDisposedException>(() => context.Response.WriteAsync("x"));
        });

        response.Head.Status.ShouldBe(500);
        response.Bytes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Exception_after_the_start_breaks_off_the_response()
    {
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => AskAsync(async context =>
        {
            await context.Response.WriteAsync("part");
            throw new InvalidOperationException("a failing application");
        }));

        error.Status.ShouldBe(TunnelStatus.Internal);
        error.Message.ShouldContain("failed after its response had started");
        error.Message.ShouldNotContain("a failing application");
    }

    [Fact]
    public async Task Write_beyond_the_content_length_fails_and_the_response_is_a_500()
    {
        ReceivedResponse response = await AskAsync(context =>
        {
            context.Response.ContentLength = 2;
            return context.Response.Body.WriteAsync("123"u8.ToArray()).AsTask();
        });

        response.Head.Status.ShouldBe(500);
    }

    [Fact]
    public async Task Body_shorter_than_its_content_length_breaks_off_the_response()
    {
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => AskAsync(async context =>
        {
            context.Response.ContentLength = 3;
            await context.Response.WriteAsync("12");
        }));

        error.Status.ShouldBe(TunnelStatus.Internal);
    }

    [Fact]
    public async Task Content_length_without_a_body_is_a_500()
    {
        ReceivedResponse response = await AskAsync(context =>
        {
            context.Response.ContentLength = 3;
            return Task.CompletedTask;
        });

        response.Head.Status.ShouldBe(500);
    }

    [Theory]
    [InlineData("X-Bad", "a\r\nX-Injected: 1")]
    [InlineData("X-Bad", "a\u0001")]
    [InlineData("X-Bad", "ä")]
    [InlineData("X Bad", "a")]
    public async Task Field_that_is_not_valid_is_a_500(string name, string value)
    {
        ReceivedResponse response = await AskAsync(context =>
        {
            context.Response.Headers[name] = value;
            return context.Response.WriteAsync("x");
        });

        response.Head.Status.ShouldBe(500);
        response.Head.Fields.ShouldBe([new HttpField("Content-Length", "0")]);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(1000)]
    public async Task Status_out_of_range_is_a_500(int status)
    {
        ReceivedResponse response = await AskAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        response.Head.Status.ShouldBe(500);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    public async Task Trailers_of_http_2_and_3_follow_the_body(string version)
    {
        ReceivedResponse response = await AskAsync(
            async context =>
            {
                context.Response.DeclareTrailer("X-Sum");
                await context.Response.WriteAsync("x");
                context.Response.AppendTrailer("X-Sum", "7");
            },
            Request() with { Version = version });

        response["Trailer"].ShouldBe("X-Sum");
        response.Trailers.ShouldBe([new HttpField("X-Sum", "7")]);
    }

    [Fact]
    public async Task Http_1_has_no_trailers()
    {
        ReceivedResponse response = await AskAsync(context => context.Response.WriteAsync($"{context.Response.SupportsTrailers()}"));

        response.Text.ShouldBe("False");
        response.Trailers.ShouldBeNull();
    }

    [Fact]
    public async Task Completed_response_is_received_while_the_application_still_runs()
    {
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            await context.Response.WriteAsync("x");
            await context.Response.CompleteAsync();
            await received.Task;
            ended.SetResult(context.RequestAborted.IsCancellationRequested);
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        ReceivedResponse response = await origin.GetAsync();
        received.SetResult();

        response.Text.ShouldBe("x");
        (await ended.Task.DefaultTimeout()).ShouldBeFalse();
    }

    [Fact]
    public async Task Body_of_the_request_is_read_after_the_response_is_complete()
    {
        var text = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            await context.Response.CompleteAsync();
            using var reader = new StreamReader(context.Request.Body);
            text.SetResult(await reader.ReadToEndAsync());
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        await origin.SendAsync(Request("POST") with { HasBody = true }, Data("to the end"));

        (await text.Task.DefaultTimeout()).ShouldBe("to the end");
    }

    [Fact]
    public async Task Each_flush_is_received_at_once()
    {
        var step = new SemaphoreSlim(0);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            for (int i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync(i.ToString(CultureInfo.InvariantCulture));
                await step.WaitAsync();
            }
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        var pieces = new List<string>();
        await foreach (HttpOriginPart part in origin.SendAsync(Request(), Parts(), CancellationToken.None))
        {
            if (part.Data is { } data)
            {
                pieces.Add(Encoding.UTF8.GetString(data.Span));
                step.Release();
            }
        }

        pieces.ShouldBe(["0", "1", "2"]);
    }

    [Fact]
    public async Task Writes_of_every_kind_arrive_in_order()
    {
        byte[] large = new byte[300_000];
        new Random(1).NextBytes(large);
        ReceivedResponse response = await AskAsync(async context =>
        {
            context.Response.BodyWriter.Write("a"u8);
            Memory<byte> memory = context.Response.BodyWriter.GetMemory(100_000);
            large.AsSpan(0, 100_000).CopyTo(memory.Span);
            context.Response.BodyWriter.Advance(100_000);
            await context.Response.Body.WriteAsync(large.AsMemory(100_000));
            await context.Response.BodyWriter.WriteAsync("z"u8.ToArray());
        });

        response.Bytes.ShouldBe([(byte)'a', .. large, (byte)'z']);
    }

    [Fact]
    public async Task Body_pieces_fit_a_frame()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel, context => context.Response.Body.WriteAsync(new byte[1 << 20]).AsTask());
        IHttpOrigin origin = await relay.GetOriginAsync();

        var sizes = new List<int>();
        await foreach (HttpOriginPart part in origin.SendAsync(Request(), Parts(), CancellationToken.None))
        {
            sizes.Add(part.Data?.Length ?? 0);
        }

        sizes.Sum().ShouldBe(1 << 20);
        sizes.Max().ShouldBeLessThan(16 << 10);
        sizes.Count.ShouldBeLessThan(80);
    }

    [Fact]
    public async Task File_is_sent_from_its_offset()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "0123456789");
            ReceivedResponse response = await AskAsync(context => context.Response.SendFileAsync(file, 2, 5));

            response.Text.ShouldBe("23456");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
