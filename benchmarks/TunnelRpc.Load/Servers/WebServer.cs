using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>
/// An ASP.NET Core server with one port for each of <paramref name="protocols"/>, because a port without TLS supports only one.
/// </summary>
internal abstract class WebServer(params IReadOnlyList<HttpProtocols> protocols) : ILoadServer
{
    private WebApplication? _application;

    /// <summary>The services of the running application.</summary>
    protected IServiceProvider Services => _application?.Services
        ?? throw new InvalidOperationException("Expected a running server. Call StartAsync first.");

    public async Task<int[]> StartAsync(params IReadOnlyList<int> fixedPorts)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            for (int i = 0; i < protocols.Count; i++)
            {
                HttpProtocols protocol = protocols[i];
                kestrel.Listen(IPAddress.Loopback, fixedPorts.ElementAtOrDefault(i), listen => listen.Protocols = protocol);
            }
        });
        Configure(builder);
        _application = builder.Build();
        Map(_application);
        await _application.StartAsync();
        return [.. _application.Urls.Select(url => new Uri(url).Port)];
    }

    /// <inheritdoc/>
    public virtual long CountedBytes => 0;

    public abstract Task<Figures> CallBackAsync(int concurrency, TimeSpan duration);

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }
    }

    protected virtual void Configure(WebApplicationBuilder builder)
    {
    }

    protected abstract void Map(WebApplication application);
}
