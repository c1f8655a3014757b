using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace TunnelRpc.Calls.Tests.Middleware;

/// <summary>The middlewares of ASP.NET Core with which every transport works without a setting of the application.</summary>
internal static class MiddlewareTable
{
    /// <summary>
    /// The timeout of requests, and the interval of keepalive. Above the time that a starved process takes to answer the first request of a
    /// tunnel, to which the timeout applies until it has reached the endpoint.
    /// </summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<MiddlewareCase> Cases { get; } =
    [
        new MiddlewareCase("request timeouts")
        {
            Services = AddTimeouts,
            Use = app => app.UseRequestTimeouts(),
            Duration = RequestTimeout,
        },
        new MiddlewareCase("request timeouts before routing")
        {
            Services = AddTimeouts,
            Use = app => app.UseRequestTimeouts().UseRouting(),
            Duration = RequestTimeout,
        },
        new MiddlewareCase("output caching")
        {
            Services = AddOutputCaching,
            Use = app => app.UseOutputCache(),
        },
        new MiddlewareCase("output caching before routing")
        {
            Services = AddOutputCaching,
            Use = app => app.UseOutputCache().UseRouting(),
        },
        new MiddlewareCase("response caching")
        {
            Services = services => services.AddResponseCaching(),
            Use = app => app.UseResponseCaching(),
        },
        new MiddlewareCase("rate limiter with capacity")
        {
            Services = services => services.AddRateLimiter(o => o.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, int>(
                _ => RateLimitPartition.GetConcurrencyLimiter(0, _ => new ConcurrencyLimiterOptions { PermitLimit = 8 }))),
            Use = app => app.UseRateLimiter(),
        },
        new MiddlewareCase("HTTP logging with bodies")
        {
            Services = services => services.AddHttpLogging(o =>
            {
                o.LoggingFields = HttpLoggingFields.All;
                o.MediaTypeOptions.AddText("application/octet-stream");
            }),
            Use = app => app.UseHttpLogging(),
        },
        new MiddlewareCase("W3C logging")
        {
            Services = services => services.AddW3CLogging(o =>
            {
                o.LoggingFields = W3CLoggingFields.All;
                o.LogDirectory = Directory.CreateTempSubdirectory("tunnelrpc-w3c-").FullName;
            }),
            Use = app => app.UseW3CLogging(),
        },
        new MiddlewareCase("response compression")
        {
            Services = AddCompression,
            Use = app => app.UseResponseCompression(),
        },
        new MiddlewareCase("response compression before routing")
        {
            Services = AddCompression,
            Use = app => app.UseResponseCompression().UseRouting(),
        },
        new MiddlewareCase("request decompression")
        {
            Services = services => services.AddRequestDecompression(),
            Use = app => app.UseRequestDecompression(),
        },
        new MiddlewareCase("limits of bodies and data rates")
        {
            Kestrel = kestrel =>
            {
                // The server checks rates once a second, and a grace period must be longer than that.
                kestrel.Limits.MaxRequestBodySize = 100;
                kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1_000_000, TimeSpan.FromSeconds(1.1));
                kestrel.Limits.MinResponseDataRate = new MinDataRate(1_000_000, TimeSpan.FromSeconds(1.1));
            },
            Duration = TimeSpan.FromSeconds(3),
        },
        new MiddlewareCase("CORS")
        {
            Services = services => services.AddCors(o => o.AddDefaultPolicy(p => p.WithOrigins("https://other.example"))),
            Use = app => app.UseCors(),
        },
        new MiddlewareCase("antiforgery")
        {
            Services = services => services.AddAntiforgery(),
            Use = app => app.UseAntiforgery(),
            Endpoint = endpoint => endpoint.WithMetadata(new RequireAntiforgeryTokenAttribute()),
        },
        new MiddlewareCase("exception handler page")
        {
            Use = app => app.UseExceptionHandler("/error"),
        },
        new MiddlewareCase("developer exception page")
        {
            Use = app => app.UseDeveloperExceptionPage(),
        },
        new MiddlewareCase("status code pages with re-execution")
        {
            Use = app => app.UseStatusCodePagesWithReExecute("/error/{0}"),
        },
        new MiddlewareCase("short circuit")
        {
            Endpoint = endpoint => endpoint.ShortCircuit(),
        },
        new MiddlewareCase("sessions of ASP.NET Core")
        {
            Services = services => services.AddDistributedMemoryCache().AddSession(),
            Use = app => app.UseSession(),
        },
        new MiddlewareCase("WebSockets with keepalive")
        {
            Use = app => app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = RequestTimeout, KeepAliveTimeout = RequestTimeout }),
            Duration = RequestTimeout,
        },
        new MiddlewareCase("method override and forwarded headers")
        {
            Use = app => app.UseHttpMethodOverride().UseForwardedHeaders(),
        },
        new MiddlewareCase("a middleware that buffers requests for other readers")
        {
            Use = app => app.Use((context, next) =>
            {
                context.Request.EnableBuffering();
                return next(context);
            }),
        },
    ];

    private static void AddTimeouts(IServiceCollection services)
        => services.AddRequestTimeouts(o => o.DefaultPolicy = new RequestTimeoutPolicy { Timeout = RequestTimeout });

    // One entry for each path, whatever the query is.
    private static void AddOutputCaching(IServiceCollection services) => services
        .AddOutputCache(o => o.AddBasePolicy(p => p.Expire(TimeSpan.FromHours(1)).SetVaryByQuery([])))
        .AddSingleton<CountingOutputCacheStore>()
        .AddSingleton<IOutputCacheStore>(s => s.GetRequiredService<CountingOutputCacheStore>());

    private static void AddCompression(IServiceCollection services) => services.AddResponseCompression(o =>
    {
        o.EnableForHttps = true;
        o.MimeTypes = ["application/octet-stream"];
    });
}
