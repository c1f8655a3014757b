using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Middleware;

/// <summary>An application on loopback ports, one for HTTP/1.1 and one for HTTP/2, with a middleware in front of the tunnel.</summary>
internal sealed class MiddlewareApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _endedExchanges;

    private MiddlewareApp(WebApplication app) => _app = app;

    /// <summary>
    /// The number of exchanges that last as long as their connection and have ended, and of short ones that were aborted.
    /// </summary>
    public int EndedExchanges => Volatile.Read(ref _endedExchanges);

    public IServiceProvider Services => _app.Services;

    public static async Task<MiddlewareApp> StartAsync(MiddlewareCase middleware)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(new EnabledLoggerProvider());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            middleware.Kestrel(kestrel);
        });
        middleware.Services(builder.Services);
        TestService? service = null;
        service = new TestService(() => throw new InvalidOperationException("The tests make no callbacks."));
        builder.Services.AddTunnelRpc().AddService<ITestService>(service);
        WebApplication app = builder.Build();
        MiddlewareApp started = new(app);
        app.Use(started.CountEndedExchangesAsync);
        middleware.Use(app);
        middleware.Endpoint(app.MapTunnelRpc("/tunnel"));
        app.MapGet("/error/{code?}", () => "an error page");
        await app.StartAsync();
        return started;
    }

    /// <summary>Connects a client that has only the given transport.</summary>
    public async Task<TunnelClient> ConnectAsync(string transport, Action<TunnelClientOptions>? configure = null)
    {
        bool isHttp2 = transport is "extended-connect" or "http2-post";
        return await TunnelClient.ConnectAsync(new Uri(_app.Urls.ElementAt(isHttp2 ? 1 : 0) + "/tunnel"), options =>
        {
            ITransport only = HttpTransports.Default.Single(t => t.Name == transport);
            options.Transports.Clear();
            options.Transports.Add(only);
            options.ConnectTimeout = TimeSpan.Zero;
            configure?.Invoke(options);
        });
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task CountEndedExchangesAsync(HttpContext context, RequestDelegate next)
    {
        CancellationToken aborted = context.RequestAborted;
        string leg = context.Request.Headers["TunnelRpc-Leg"].ToString();
        bool isLong = leg.Length == 0 || leg.StartsWith("stream", StringComparison.Ordinal);
        await next(context);
        if (isLong || aborted.IsCancellationRequested)
        {
            Interlocked.Increment(ref _endedExchanges);
        }
    }
}
