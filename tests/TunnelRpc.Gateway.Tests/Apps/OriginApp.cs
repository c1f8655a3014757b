using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Gateway.Tests.Apps;

/// <summary>A real web server of a user, on a free loopback port.</summary>
internal sealed class OriginApp(WebApplication app) : IAsyncDisposable
{
    public Uri Address => new(app.Urls.First());

    /// <summary>Starts a server that handles every request with one delegate.</summary>
    public static Task<OriginApp> StartAsync(RequestDelegate handler, HttpProtocols protocols = HttpProtocols.Http1) =>
        StartAsync(app => app.Run(handler), protocols);

    public static async Task<OriginApp> StartAsync(Action<WebApplication> configure, HttpProtocols protocols = HttpProtocols.Http1)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
        });
        WebApplication app = builder.Build();
        configure(app);
        await app.StartAsync();
        return new OriginApp(app);
    }

    /// <summary>Responds with the request line as the server has got it, and its fields, a line each.</summary>
    public static async Task ShowRequestAsync(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        await context.Response.WriteAsync($"{context.Request.Method} {target}\n");
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Headers)
        {
            foreach (string? value in values)
            {
                await context.Response.WriteAsync($"{name}: {value}\n");
            }
        }
    }

    /// <summary>Responds with the bytes of the request's body as they come.</summary>
    public static async Task EchoAsync(HttpContext context)
    {
        if (context.Request.ContentLength is { } length)
        {
            context.Response.Headers["X-Length"] = length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        await context.Request.Body.CopyToAsync(context.Response.Body);
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
