using System.IO.Compression;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Client;
using Xunit;

namespace TunnelRpc.Calls.Tests.Middleware;

/// <summary>A middleware that prevents a transport from working is named by the report, before the timeout of the attempt.</summary>
public sealed class MiddlewareReportTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    /// <summary>So long that the attempts of the tests end by a diagnosis only.</summary>
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(50);

    [Theory]
    [InlineData("upgrade", 503)]
    [InlineData("websocket", 503)]
    [InlineData("reverse-http", 503)]
    [InlineData("extended-connect", 503)]
    [InlineData("two-connection", 503)]
    [InlineData("http2-post", 503)]
    [InlineData("n-plus-one", 503)]
    [InlineData("long-poll", 503)]
    [InlineData("upgrade", 429)]
    [InlineData("long-poll", 429)]
    public async Task Rate_limiter_at_its_limit_refuses_with_its_status(string transport, int status)
    {
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(RateLimiter(status));
        await using TunnelClient first = await app.ConnectAsync("upgrade").WaitAsync(HangTimeout);

        PathAttempt attempt = await FailAsync(app, transport);

        attempt.HttpStatus.ShouldBe(status);
        attempt.Reason.ShouldContain(status == 503 ? "503 Service Unavailable" : "429 Too Many Requests");
        (await first.Get<ITestService>().AddAsync(1, 2).AsTask().WaitAsync(HangTimeout)).ShouldBe(3);
    }

    [Fact]
    public async Task Rate_limiter_that_is_disabled_for_the_endpoint_does_not_count_its_exchanges()
    {
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(
            RateLimiter(503) with { Endpoint = endpoint => endpoint.DisableRateLimiting() });
        await using TunnelClient first = await app.ConnectAsync("upgrade").WaitAsync(HangTimeout);
        await using TunnelClient second = await app.ConnectAsync("two-connection").WaitAsync(HangTimeout);

        (await second.Get<ITestService>().AddAsync(1, 2).AsTask().WaitAsync(HangTimeout)).ShouldBe(3);
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("websocket")]
    [InlineData("reverse-http")]
    [InlineData("extended-connect")]
    [InlineData("two-connection")]
    [InlineData("http2-post")]
    [InlineData("n-plus-one")]
    [InlineData("long-poll")]
    public async Task HTTPS_redirection_is_reported_with_the_address(string transport)
    {
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(new MiddlewareCase("HTTPS redirection")
        {
            Services = services => services.AddHttpsRedirection(o => o.HttpsPort = 8443),
            Use = app => app.UseHttpsRedirection(),
        });

        PathAttempt attempt = await FailAsync(app, transport);

        attempt.HttpStatus.ShouldBe(307);
        attempt.Reason.ShouldContain("redirects to https://127.0.0.1:8443/tunnel");
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("extended-connect")]
    [InlineData("two-connection")]
    [InlineData("http2-post")]
    [InlineData("long-poll")]
    public async Task Challenge_of_cookie_authentication_is_a_401_not_a_redirection_to_a_page(string transport)
    {
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(new MiddlewareCase("cookie authentication")
        {
            Services = services => services
                .AddAuthorization().AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(),
            Use = app => app.UseAuthentication().UseAuthorization(),
            Endpoint = endpoint => endpoint.RequireAuthorization(),
        });

        PathAttempt attempt = await FailAsync(app, transport);

        attempt.HttpStatus.ShouldBe(401);
        attempt.Reason.ShouldContain("requires credentials");
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("http2-post")]
    [InlineData("long-poll")]
    public async Task Challenge_that_redirects_to_a_sign_in_page_is_reported_as_one(string transport)
    {
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(new MiddlewareCase("sign-in page")
        {
            Services = services => services
                .AddAuthorization().AddAuthentication("page")
                .AddScheme<AuthenticationSchemeOptions, SignInPageAuthentication>("page", null),
            Use = app => app.UseAuthentication().UseAuthorization(),
            Endpoint = endpoint => endpoint.RequireAuthorization(),
        });

        PathAttempt attempt = await FailAsync(app, transport);

        attempt.HttpStatus.ShouldBe(302);
        attempt.Reason.ShouldContain("https://login.example/");
        attempt.Reason.ShouldContain("sign-in page");
    }

    [Theory]
    [InlineData("two-connection")]
    [InlineData("http2-post")]
    [InlineData("n-plus-one")]
    [InlineData("long-poll")]
    public async Task Response_that_arrives_compressed_is_reported_with_its_encoding(string transport)
    {
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(new MiddlewareCase("compresses everything")
        {
            Use = app => app.Use(async (context, next) =>
            {
                Stream body = context.Response.Body;
                await using GZipStream compressed = new(body, CompressionLevel.Fastest);
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.ContentEncoding = "gzip";
                    context.Response.Headers.ContentLength = null;
                    return Task.CompletedTask;
                });
                context.Response.Body = compressed;
                await next(context);
            }),
        });

        PathAttempt attempt = await FailAsync(app, transport);

        attempt.Reason.ShouldContain("Content-Encoding: gzip");
        attempt.Reason.ShouldContain("compress");
    }

    [Theory]
    [InlineData("upgrade", null)]
    [InlineData("websocket", null)]
    [InlineData("reverse-http", null)]
    [InlineData("extended-connect", null)]
    [InlineData("long-poll", null)]
    [InlineData("two-connection", "the download is buffered")]
    [InlineData("n-plus-one", "the download is buffered")]
    [InlineData("http2-post", "nothing of the response arrives while the request is open")]
    public async Task Middleware_that_buffers_responses_is_reported_and_the_others_pass(string transport, string? reason)
    {
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(new MiddlewareCase("buffers responses")
        {
            Use = app => app.Use(async (context, next) =>
            {
                Stream body = context.Response.Body;
                using MemoryStream buffer = new();
                context.Response.Body = buffer;
                await next(context);
                context.Response.Body = body;
                if (buffer.Length > 0)
                {
                    buffer.Position = 0;
                    await buffer.CopyToAsync(body);
                }
            }),
        });

        await ShouldConnectOrReportAsync(app, transport, reason);
    }

    [Theory]
    [InlineData("upgrade", null)]
    [InlineData("websocket", null)]
    [InlineData("reverse-http", null)]
    [InlineData("n-plus-one", null)]
    [InlineData("long-poll", null)]
    [InlineData("two-connection", "the upload is buffered until it is complete")]
    [InlineData("http2-post", "nothing of the response arrives while the request is open")]
    public async Task Middleware_that_reads_requests_first_is_reported_and_the_others_pass(string transport, string? reason)
    {
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(new MiddlewareCase("reads requests")
        {
            Use = app => app.Use(async (context, next) =>
            {
                if (context.Request.Method != "CONNECT")
                {
                    context.Request.EnableBuffering();
                    await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                    context.Request.Body.Position = 0;
                }

                await next(context);
            }),
        });

        await ShouldConnectOrReportAsync(app, transport, reason);
    }

    private static MiddlewareCase RateLimiter(int status) => new("rate limiter")
    {
        Services = services => services.AddRateLimiter(o =>
        {
            o.RejectionStatusCode = status;
            o.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, int>(
                _ => RateLimitPartition.GetConcurrencyLimiter(0, _ => new ConcurrencyLimiterOptions { PermitLimit = 1 }));
        }),
        Use = app => app.UseRateLimiter(),
    };

    private static async Task ShouldConnectOrReportAsync(MiddlewareApp app, string transport, string? reason)
    {
        if (reason is not null)
        {
            (await FailAsync(app, transport)).Reason.ShouldContain(reason);
            return;
        }

        await using TunnelClient client = await app.ConnectAsync(transport).WaitAsync(HangTimeout);
        (await client.Get<ITestService>().AddAsync(1, 2).AsTask().WaitAsync(HangTimeout)).ShouldBe(3);
    }

    /// <summary>Connects, which must fail before the timeout of the attempt, and returns the attempt.</summary>
    private static async Task<PathAttempt> FailAsync(MiddlewareApp app, string transport)
    {
        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => app.ConnectAsync(transport, options => options.AttemptTimeout = AttemptTimeout).WaitAsync(HangTimeout));
        PathAttempt attempt = error.Report.Attempts.Single();
        attempt.Outcome.ShouldBe(AttemptOutcome.Failed, attempt.ToString());
        return attempt;
    }
}
