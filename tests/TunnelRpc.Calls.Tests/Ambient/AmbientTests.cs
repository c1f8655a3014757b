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

/// <summary>
/// Calls do not inherit the execution context of the code that opened the session. They have other callers and arrive long after that code
/// has ended.
/// </summary>
public sealed class AmbientTests
{
    [Fact]
    public async Task Calls_run_without_the_execution_context_of_the_request_or_the_connecting_code()
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

        AmbientService.Value.Value = "the connecting code";
        using var connecting = new Activity("connecting");
        connecting.Start();
        await using TunnelClient client =
            await TunnelClient.ConnectAsync(new Uri(app.Urls.First() + "/tunnel"), options => options.Serve<IAmbient>(new AmbientService()))
                .DefaultTimeout();
        IAmbient server = client.Get<IAmbient>();
        IAmbient callback = app.Services.GetRequiredService<ITunnelClients<IAmbient>>().Session(client.SessionId!);
        var values = new HashSet<string>();
        for (int round = 0; round < 100; round++)
        {
            // Single calls and concurrent calls: both start on any thread of the pool.
            foreach (IAmbient side in (IAmbient[])[server, callback])
            {
                values.Add(await side.GetAsync().AsTask().DefaultTimeout());
                values.UnionWith(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => side.GetAsync().AsTask())).DefaultTimeout());
            }
        }

        values.ShouldBe([""]);
    }
}
