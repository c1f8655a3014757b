using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Gateway.Load;

/// <summary>What the child processes do. Each prints one line when it is ready, and ends when its input ends. Without state.</summary>
internal static class Roles
{
    /// <summary>The application: a response of 13 bytes.</summary>
    public static async Task<int> RunAppAsync()
    {
        await using WebApplication app = Create().Build();
        app.MapGet("/", (HttpContext context) => context.Response.WriteAsync("Hello, world!"));
        await app.StartAsync();
        return await WaitForEndAsync(app.Urls.First());
    }

    /// <summary>The relay: tunnels at /tunnel, names at /apps/NAME/.</summary>
    public static async Task<int> RunRelayAsync()
    {
        WebApplicationBuilder builder = Create();
        builder.Services.AddTunnelRpc();
        builder.Services.AddTunnelGateway(gateway =>
        {
            gateway.AllowAnyClaim();
        });
        await using WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        app.MapTunnelGateway("/apps/{name}");
        await app.StartAsync();
        return await WaitForEndAsync(app.Urls.First());
    }

    /// <summary>Programs behind the relay: the names app0, app1 and so on, each with a tunnel of its own.</summary>
    public static async Task<int> RunOriginsAsync(Uri relay, Uri app, int count)
    {
        var hosts = new List<IHost>();
        for (int i = 0; i < count; i++)
        {
            HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Services.AddLogging();
            builder.Services.AddTunnelClient(client => client.Address = new Uri(relay, "/tunnel")).AddHttpOrigin($"app{i}", app);
            IHost host = builder.Build();
            await host.StartAsync();
            hosts.Add(host);
        }

        using var http = new HttpClient();
        for (int i = 0; i < count; i++)
        {
            // The claim follows the connect.
            while (!(await http.GetAsync(new Uri(relay, $"/apps/app{i}/"))).IsSuccessStatusCode)
            {
                await Task.Delay(10);
            }
        }

        int result = await WaitForEndAsync("ready");
        await Task.WhenAll(hosts.Select(h => h.StopAsync()));
        return result;
    }

    private static WebApplicationBuilder Create()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder;
    }

    private static async Task<int> WaitForEndAsync(string ready)
    {
        Console.WriteLine(ready);
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
