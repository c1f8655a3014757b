using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Server.Tests.Apps;

/// <summary>A real server application on free loopback ports, whose users are authenticated by a header.</summary>
internal sealed class ServerApp : IAsyncDisposable
{
    private ServerApp(WebApplication app, RecordingLoggerFactory log)
    {
        App = app;
        Log = log;
        Server = app.Services.GetRequiredService<TunnelServer>();
    }

    public WebApplication App { get; }

    public TunnelServer Server { get; }

    public RecordingLoggerFactory Log { get; }

    /// <summary>The address for HTTP/1.1, and with <paramref name="http2"/> the one for HTTP/2.</summary>
    public Uri Address(string path = "/tunnel", bool http2 = false) => new(App.Urls.ElementAt(http2 ? 1 : 0) + path);

    public static async Task<ServerApp> StartAsync(
        Action<TunnelServerBuilder> services,
        Action<TunnelServerOptions>? options = null,
        Action<AuthorizationOptions>? authorization = null,
        Action<IServiceCollection>? more = null,
        Action<WebApplication>? map = null)
    {
        var log = new RecordingLoggerFactory();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton<ILoggerFactory>(log);
        builder.Services.AddAuthentication(UserHeaderAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, UserHeaderAuthentication>(UserHeaderAuthentication.SchemeName, null);
        builder.Services.AddAuthorization(authorization ?? (_ => { }));
        services(builder.Services.AddTunnelRpc(options));
        more?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        try
        {
            app.UseAuthentication();
            app.UseAuthorization();
            if (map is null)
            {
                app.MapTunnelRpc("/tunnel");
            }
            else
            {
                map(app);
            }

            await app.StartAsync();
            return new ServerApp(app, log);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects a client as a user; null for an anonymous one.</summary>
    public Task<TunnelClient> ConnectAsync(
        string? user, string? transport = null, Action<TunnelClientOptions>? configure = null, string path = "/tunnel") =>
        TunnelClient.ConnectAsync(
            Address(path, http2: transport is "http2-post" or "extended-connect"),
            options =>
            {
                if (user is not null)
                {
                    options.Headers[UserHeaderAuthentication.Header] = user;
                }

                if (transport is not null)
                {
                    foreach (ITransport other in options.Transports.Where(t => t.Name != transport).ToArray())
                    {
                        options.Transports.Remove(other);
                    }
                }

                configure?.Invoke(options);
            });

    public async ValueTask DisposeAsync() => await App.DisposeAsync();
}
