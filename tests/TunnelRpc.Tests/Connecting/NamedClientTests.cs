using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Negotiation;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Connecting;

/// <summary>Several clients in one service collection: each has its own options, server, contracts and lifetime.</summary>
public sealed class NamedClientTests : IAsyncLifetime
{
    private TunnelTestHost _opsHost = null!;
    private TunnelTestHost _labHost = null!;
    private ITransport _ops = null!;
    private ITransport _lab = null!;

    public async Task InitializeAsync()
    {
        _opsHost = await TunnelTestHost.StartAsync<IEcho>(new PrefixService("ops"));
        _labHost = await TunnelTestHost.StartAsync<IEcho>(new PrefixService("lab"));
        _ops = await GetTransportAsync(_opsHost);
        _lab = await GetTransportAsync(_labHost);
    }

    public async Task DisposeAsync()
    {
        await _opsHost.DisposeAsync();
        await _labHost.DisposeAsync();
    }

    [Fact]
    public async Task Two_named_clients_with_the_same_contract_call_their_own_servers()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient("ops", options => Configure(options, _ops)).AddRemote<IEcho>();
        services.AddTunnelClient("lab", options => Configure(options, _lab)).AddRemote<IEcho>();
        services.AddSingleton<Consumer>();
        await using ServiceProvider provider = services.BuildServiceProvider();

        Consumer consumer = provider.GetRequiredService<Consumer>();

        (await consumer.Ops.EchoAsync("a").AsTask().DefaultTimeout()).ShouldBe("ops a");
        (await consumer.Lab.EchoAsync("b").AsTask().DefaultTimeout()).ShouldBe("lab b");
        consumer.OpsClient.ShouldBeSameAs(provider.GetRequiredKeyedService<TunnelClient>("ops"));
        consumer.OpsClient.SessionId.ShouldNotBe(provider.GetRequiredKeyedService<ITunnelClient>("lab").SessionId);
        provider.GetService<TunnelClient>().ShouldBeNull();
        provider.GetService<IEcho>().ShouldBeNull();
    }

    [Fact]
    public async Task Named_and_unnamed_client_work_side_by_side()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient(options => Configure(options, _lab)).AddRemote<IEcho>();
        services.AddTunnelClient("ops", options => Configure(options, _ops)).AddRemote<IEcho>();
        await using ServiceProvider provider = services.BuildServiceProvider();

        (await provider.GetRequiredService<IEcho>().EchoAsync("a").AsTask().DefaultTimeout()).ShouldBe("lab a");
        (await provider.GetRequiredKeyedService<IEcho>("ops").EchoAsync("b").AsTask().DefaultTimeout()).ShouldBe("ops b");
        provider.GetRequiredService<ITunnelClient>().ShouldNotBeSameAs(provider.GetRequiredKeyedService<ITunnelClient>("ops"));
    }

    [Fact]
    public async Task Callback_of_a_named_client_is_served_by_this_client_only()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient(options => Configure(options, _lab)).AddCallback<IEcho>(new PrefixService("unnamed"));
        services.AddTunnelClient("ops", options => Configure(options, _ops)).AddCallback<IEcho>(new PrefixService("named"));
        services.AddTunnelClient("silent", options => Configure(options, _ops));
        await using ServiceProvider provider = services.BuildServiceProvider();

        (await CallBackAsync(_labHost, provider.GetRequiredService<TunnelClient>())).ShouldBe("unnamed hello");
        (await CallBackAsync(_opsHost, provider.GetRequiredKeyedService<TunnelClient>("ops"))).ShouldBe("named hello");
        TunnelException failed = await Should.ThrowAsync<TunnelException>(
            () => CallBackAsync(_opsHost, provider.GetRequiredKeyedService<TunnelClient>("silent")));
        failed.Status.ShouldBe(TunnelStatus.Unimplemented);
    }

    [Fact]
    public async Task Filter_of_a_named_client_runs_around_the_calls_of_this_client_only()
    {
        var filter = new CountingFilter();
        var services = new ServiceCollection();
        services.AddTunnelClient(options => Configure(options, _lab)).AddRemote<IEcho>();
        services.AddTunnelClient("ops", options => Configure(options, _ops)).AddRemote<IEcho>().AddFilter(filter);
        await using ServiceProvider provider = services.BuildServiceProvider();

        await provider.GetRequiredService<IEcho>().EchoAsync("a").AsTask().DefaultTimeout();
        filter.Calls.ShouldBe(0);
        await provider.GetRequiredKeyedService<IEcho>("ops").EchoAsync("b").AsTask().DefaultTimeout();
        filter.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Host_connects_each_client_and_disposing_it_closes_each_client()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddTunnelClient(options => Configure(options, _lab));
        builder.Services.AddTunnelClient("ops", options => Configure(options, _ops));
        IHost host = builder.Build();
        await host.StartAsync();
        TunnelClient[] clients =
        [
            host.Services.GetRequiredService<TunnelClient>(),
            host.Services.GetRequiredKeyedService<TunnelClient>("ops"),
        ];
        foreach (TunnelClient client in clients)
        {
            await client.ConnectAsync().DefaultTimeout();
        }

        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync().AsTask().DefaultTimeout();

        clients.Select(client => client.State).ShouldAllBe(state => state == TunnelClientState.Closed);
    }

    [Fact]
    public void Second_unnamed_client_is_refused_with_the_advice_to_name_it()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient(options => Configure(options, _lab));

        InvalidOperationException refused = Should.Throw<InvalidOperationException>(
            () => services.AddTunnelClient(options => Configure(options, _ops)));

        refused.Message.ShouldBe(
            "AddTunnelClient was called twice without a name: for http://in-memory.invalid/tunnel and for http://in-memory.invalid/tunnel. "
            + "For a client of its own, name this one: AddTunnelClient(\"name\", options => …). For more contracts of the first client, "
            + "use the builder that the first call returned.");
    }

    [Fact]
    public void Second_client_of_the_same_name_is_refused()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient("ops", options => options.Address = new Uri("https://ops.example/tunnel"));

        InvalidOperationException refused = Should.Throw<InvalidOperationException>(
            () => services.AddTunnelClient("ops", options => options.Address = new Uri("https://lab.example/tunnel")));

        refused.Message.ShouldBe(
            "AddTunnelClient was called twice with the name \"ops\": for https://ops.example/tunnel and for https://lab.example/tunnel. "
            + "For a client of its own, give this one another name: AddTunnelClient(\"name\", options => …). For more contracts of the "
            + "first client, use the builder that the first call returned.");
    }

    [Fact]
    public void Refused_client_is_described_whatever_its_options_are()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient(options => options.AddressResolver = _ => new([new Uri("https://ops.example/tunnel")]));

        DescribeSecond(_ => { }).ShouldContain("for the addresses of its AddressResolver and for no address.");
        DescribeSecond(_ => throw new FormatException("Bad setting.")).ShouldContain(
            "and for an address that is not known (its options failed: Bad setting.).");
        DescribeSecond(options => options.Address = new Uri("https://me:secret@ops.example/tunnel?key=secret"))
            .ShouldNotContain("secret");

        string DescribeSecond(Action<TunnelClientOptions> configure) =>
            Should.Throw<InvalidOperationException>(() => services.AddTunnelClient(configure)).Message;
    }

    [Fact]
    public async Task Options_of_a_named_client_are_those_of_its_name()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient("ops", options => Configure(options, _ops));
        services.AddTunnelClient("lab", options => Configure(options, _lab));
        services.Configure<TunnelClientOptions>("ops", options => options.Address = new Uri("http://other.invalid/tunnel"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        await provider.GetRequiredKeyedService<TunnelClient>("ops").ConnectAsync().DefaultTimeout();
        await provider.GetRequiredKeyedService<TunnelClient>("lab").ConnectAsync().DefaultTimeout();

        provider.GetRequiredKeyedService<TunnelClient>("ops").Report!.Address.Host.ShouldBe("other.invalid");
        provider.GetRequiredKeyedService<TunnelClient>("lab").Report!.Address.Host.ShouldBe("in-memory.invalid");
    }

    [Fact]
    public void Empty_name_is_refused() =>
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddTunnelClient("", options => Configure(options, _ops)))
            .ParamName.ShouldBe("name");

    [Fact]
    public void Registering_a_remote_contract_twice_has_no_effect()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient(options => Configure(options, _lab)).AddRemote<IEcho>().AddRemote<IEcho>();
        services.AddTunnelClient("ops", options => Configure(options, _ops)).AddRemote<IEcho>().AddRemote<IEcho>();

        services.Count(service => service.ServiceType == typeof(IEcho) && !service.IsKeyedService).ShouldBe(1);
        services.Count(service => service.ServiceType == typeof(IEcho) && service.IsKeyedService).ShouldBe(1);
    }

    [Fact]
    public async Task Invalid_options_name_the_client()
    {
        var services = new ServiceCollection();
        services.AddTunnelClient("ops", options => options.KeepAliveInterval = TimeSpan.Zero);
        await using ServiceProvider provider = services.BuildServiceProvider();

        OptionsValidationException invalid = Should.Throw<OptionsValidationException>(
            () => provider.GetRequiredKeyedService<TunnelClient>("ops"));

        invalid.OptionsName.ShouldBe("ops");
        invalid.Message.ShouldStartWith("Tunnel client \"ops\": ");
        invalid.Message.ShouldContain("KeepAliveInterval");
    }

    private static async Task<string> CallBackAsync(TunnelTestHost host, TunnelClient client)
    {
        await client.ConnectAsync().DefaultTimeout();
        IEcho callback = CreateStub<IEcho>(host.Server.FindSession(client.SessionId!)!.Peer.Invoker);
        return await callback.EchoAsync("hello").AsTask().DefaultTimeout();
    }

    private static TService CreateStub<TService>(TunnelInvoker invoker)
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition.CreateStub(invoker);

    private static void Configure(TunnelClientOptions options, ITransport transport)
    {
        options.Address = new Uri("http://in-memory.invalid/tunnel");
        options.Transports.Clear();
        options.Transports.Add(transport);
    }

    /// <summary>Returns the transport of the host's in-memory listener, which the host passes to the options of its clients.</summary>
    private static async Task<ITransport> GetTransportAsync(TunnelTestHost host)
    {
        ITransport? transport = null;
        await using TunnelClient client = await host.ConnectAsync(options => transport = options.Transports[0]);
        return transport!;
    }

    private sealed class PrefixService(string prefix) : IEcho
    {
        public ValueTask<string> EchoAsync(string text) => ValueTask.FromResult($"{prefix} {text}");
    }

    private sealed class CountingFilter : ITunnelFilter
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
        {
            Interlocked.Increment(ref _calls);
            return next(context);
        }
    }

    private sealed class Consumer(
        [FromKeyedServices("ops")] IEcho ops, [FromKeyedServices("lab")] IEcho lab, [FromKeyedServices("ops")] ITunnelClient opsClient)
    {
        public IEcho Ops => ops;

        public IEcho Lab => lab;

        public ITunnelClient OpsClient => opsClient;
    }
}
