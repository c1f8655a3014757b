using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using TunnelRpc.Calls.Tests.Apps;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using Xunit;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>Filters that are registered in a service collection.</summary>
public sealed class FilterHostingTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private readonly CallLog _log = new();

    [Fact]
    public async Task Filter_is_resolved_from_the_scope_of_the_call()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(server => Add(server)
            .AddService<IGate, StampService>()
            .AddFilter<StampFilter>());

        await host.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout);
        await host.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout);
        await host.DisposeAsync();

        object[] seen = [.. _log.Entries];
        seen.Length.ShouldBe(8);
        seen[1].ShouldBeOfType<StampService>().Stamp.ShouldBeSameAs(seen[0]);
        seen.OfType<CallStamp>().Distinct().Count().ShouldBe(2);
        seen.OfType<string>().Order().ShouldBe(["called", "called", "disposed", "disposed"]);
    }

    [Fact]
    public async Task Filters_of_a_service_instance_get_a_scope_per_call()
    {
        var service = new FilterService();
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(server => Add(server)
            .AddService<IFilterService>(service)
            .AddFilter<StampFilter>());

        await host.Get<IFilterService>().JoinAsync("a").WaitAsync(HangTimeout);
        await host.DisposeAsync();

        object[] seen = [.. _log.Entries];
        seen.Length.ShouldBe(3);
        (seen[0] is CallStamp, seen[1], seen[2]).ShouldBe((true, service, "disposed"));
    }

    [Fact]
    public async Task Filter_can_be_limited_to_a_contract_or_a_method()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(server => Add(server)
            .AddService<IGate, StampService>()
            .AddService<IFilterService>(new FilterService())
            .AddFilter<IFilterService, NameFilter>(lifetime: ServiceLifetime.Singleton)
            .AddFilter<IGate, NameFilter>(methods: method => method.Name == "WhoAsync"));

        await host.Get<IGate>().InstanceAsync().WaitAsync(HangTimeout);
        await host.Get<IGate>().WhoAsync().WaitAsync(HangTimeout);
        await host.Get<IFilterService>().JoinAsync("a").WaitAsync(HangTimeout);

        _log.Entries.OfType<string>()
            .Where(s => s.StartsWith("Incoming", StringComparison.Ordinal)).ShouldBe(["Incoming WhoAsync", "Incoming JoinAsync"]);
    }

    [Fact]
    public async Task Filters_run_for_callbacks_and_for_calls_to_all_clients()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(
            server => Add(server)
                .AddService<IGate, StampService>()
                .AddFilter<NameFilter>(direction: TunnelCallDirection.Outgoing)
                .AddFilter<StampFilter>(direction: TunnelCallDirection.Outgoing, methods: method => method.Name == "AcceptAsync"),
            o => o.ConfigureClient = client => client.Serve<IGuest>(new Guest(Channel.CreateUnbounded<string>())));

        (await host.Get<IGate>().GreetBackAsync("x").WaitAsync(HangTimeout)).ShouldBe("hello x");
        await host.Services.GetRequiredService<ITunnelClients<IGuest>>().All.AcceptAsync("y").WaitAsync(HangTimeout);

        object[] seen = [.. _log.Entries.Where(s => s is not "disposed")];
        seen.OfType<string>().ShouldBe(["Outgoing GreetAsync", "Outgoing AcceptAsync"]);
        seen.OfType<CallStamp>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Filters_of_a_client_application_run_for_outgoing_and_incoming_calls()
    {
        await using GateApp app = await GateApp.StartAsync();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(_log).AddScoped<CallStamp>();
        builder.Services.AddSingleton(Channel.CreateUnbounded<string>());
        builder.Services.AddTunnelClient(o => o.Address = app.Address)
            .AddRemote<IGate>()
            .AddCallback<IGuest, Guest>()
            .AddFilter(new DelegateFilter((context, next) =>
            {
                _log.Entries.Enqueue("outermost");
                return next(context);
            }), order: -1)
            .AddFilter<NameFilter>()
            .AddFilter<IGate, StampFilter>();
        using IHost host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<TunnelClient>().ConnectAsync().WaitAsync(HangTimeout);

        (await host.Services.GetRequiredService<IGate>().GreetBackAsync("host").WaitAsync(HangTimeout)).ShouldBe("hello host");
        await host.StopAsync().WaitAsync(HangTimeout);

        object[] seen = [.. _log.Entries];
        seen.OfType<CallStamp>().Count().ShouldBe(1);
        seen.OfType<string>().ShouldBe(["outermost", "Outgoing GreetBackAsync", "outermost", "Incoming GreetAsync", "disposed"]);
    }

    private TunnelServerBuilder Add(TunnelServerBuilder server)
    {
        server.Services.AddSingleton(_log).AddScoped<CallStamp>();
        return server;
    }
}
