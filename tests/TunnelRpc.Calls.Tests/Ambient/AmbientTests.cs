using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>What flows along where a tunnel is opened is not what its calls run in: they are others' business, and come for days.</summary>
public sealed class AmbientTests
{
    [Fact]
    public async Task Calls_run_neither_in_the_request_that_opened_the_tunnel_nor_in_what_connected()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddTunnelRpc().AddService<IAmbient>(new AmbientService());
        await using WebApplication app = builder.Build();
        app.Use(next => context =>
        {
            AmbientService.Value.Value = "the request";
            return next(context);
        });
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync().DefaultTimeout();

        AmbientService.Value.Value = "who connects";
        using var connecting = new Activity("connecting");
        connecting.Start();
        await using TunnelClient client = await TunnelClient.ConnectAsync(new Uri(app.Urls.First() + "/tunnel"), options => options.Serve<IAmbient>(new AmbientService())).DefaultTimeout();
        IAmbient server = client.Get<IAmbient>();
        IAmbient back = app.Services.GetRequiredService<ITunnelClients<IAmbient>>().Session(client.SessionId!);
        var seen = new HashSet<string>();
        for (int round = 0; round < 100; round++)
        {
            // One at a time, and many at once: they begin on whichever thread is free.
            foreach (IAmbient side in (IAmbient[])[server, back])
            {
                seen.Add(await side.SeeAsync().AsTask().DefaultTimeout());
                seen.UnionWith(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => side.SeeAsync().AsTask())).DefaultTimeout());
            }
        }

        seen.ShouldBe([""]);
    }
}
