using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A connected server and client that serve each other <see cref="IFilterService"/>, one of them with the filters of a test.</summary>
internal sealed class FilterPair(IServiceProvider services, TunnelClient client, Func<ValueTask> dispose) : IAsyncDisposable
{
    /// <summary>A stub of the one direction.</summary>
    public IFilterService Stub(bool serverCallsClient) => serverCallsClient
        ? services.GetRequiredService<ITunnelClients<IFilterService>>().Session(client.SessionId!)
        : client.Get<IFilterService>();

    /// <summary>Starts both over the in-memory transport.</summary>
    public static async Task<FilterPair> StartInMemoryAsync(FilterService service, Action<TunnelFilters>? server, Action<TunnelFilters>? client)
    {
        TunnelTestHost host = await TunnelTestHost.StartAsync<IFilterService>(service, o =>
        {
            o.Server = s =>
            {
                s.IncludeExceptionDetails = false;
                server?.Invoke(s.Filters);
            };
            o.Client = c =>
            {
                c.IncludeExceptionDetails = false;
                client?.Invoke(c.Filters);
                c.Serve<IFilterService>(service);
            };
        });
        return new FilterPair(host.Services, host.Client, host.DisposeAsync);
    }

    /// <summary>Starts both over HTTP.</summary>
    public static async Task<FilterPair> StartHttpAsync(ITransport transport, FilterService service, Action<TunnelFilters>? server, Action<TunnelFilters>? client)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddTunnelRpc(o => server?.Invoke(o.Filters)).AddService<IFilterService>(service);
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        TunnelClient connected = await TunnelClient.ConnectAsync(new Uri(app.Urls.First() + "/tunnel"), o =>
        {
            client?.Invoke(o.Filters);
            o.Transports.Clear();
            o.Transports.Add(transport);
            o.Serve<IFilterService>(service);
        });
        return new FilterPair(app.Services, connected, async () =>
        {
            await connected.DisposeAsync();
            await app.DisposeAsync();
        });
    }

    public ValueTask DisposeAsync() => dispose();
}
