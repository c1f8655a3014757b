using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Authorization;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Authorization;

/// <summary>What a refused call costs and leaves behind, for each shape of call, on every transport.</summary>
public sealed class AuthorizedCallTests
{
    public static TheoryData<string> Transports => new(
    [
        "upgrade", "websocket", "reverse-http", "http2-post", "extended-connect", "two-connection", "n-plus-one", "long-poll",
    ]);

    [Theory, MemberData(nameof(Transports))]
    public async Task Callers_are_told_apart_on_every_transport(string transport)
    {
        await using ServerApp app = await AuthorizationAttributeTests.StartAsync(s => s.AddService<IVault, KeeperMethodVault>());
        await using TunnelClient anonymous = await app.ConnectAsync(null, transport);
        await using TunnelClient visitor = await app.ConnectAsync("bob;visitor", transport);
        await using TunnelClient keeper = await app.ConnectAsync("ann;keeper", transport);
        var probe = new Probe { Text = "x" };

        anonymous.Transport.ShouldBe(transport);
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(anonymous.Get<IVault>().OpenAsync(probe), TunnelStatus.Unauthenticated);
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(visitor.Get<IVault>().OpenAsync(probe), TunnelStatus.PermissionDenied);
        (await keeper.Get<IVault>().OpenAsync(probe).DefaultTimeout()).ShouldBe("open x");
        (await anonymous.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
    }

    [Fact]
    public async Task Every_shape_of_call_is_refused_before_it_runs()
    {
        var vault = new KeeperVault();
        await using ServerApp app = await AuthorizationAttributeTests.StartAsync(s => s.AddService<IVault>(vault));
        await using TunnelClient client = await app.ConnectAsync("bob;visitor");
        IVault stub = client.Get<IVault>();

        await AuthorizationAttributeTests.ShouldBeRefusedAsync(stub.LookAsync(), TunnelStatus.PermissionDenied);
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(stub.StoreAsync(Count(10_000)), TunnelStatus.PermissionDenied);
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(ReadAsync(stub.ListAsync(3)), TunnelStatus.PermissionDenied);
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(ReadAsync(stub.TradeAsync(Count(3))), TunnelStatus.PermissionDenied);
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(stub.DrawerAsync(), TunnelStatus.PermissionDenied);
        await stub.KnockAsync("knock knock").DefaultTimeout();
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(stub.LookAsync(), TunnelStatus.PermissionDenied);

        vault.Ran.ShouldBeEmpty();
        app.Log.Lines.Where(l => l.Contains("KnockAsync", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("refused");
    }

    [Fact]
    public async Task Every_shape_of_call_runs_for_a_user_who_may_make_it()
    {
        var vault = new KeeperVault();
        await using ServerApp app = await AuthorizationAttributeTests.StartAsync(s => s.AddService<IVault>(vault));
        await using TunnelClient client = await app.ConnectAsync("ann;keeper");
        IVault stub = client.Get<IVault>();

        (await stub.LookAsync().DefaultTimeout()).ShouldBe("look");
        (await stub.StoreAsync(Count(1_000)).DefaultTimeout()).ShouldBe(499_500);
        (await ReadAsync(stub.ListAsync(3)).DefaultTimeout()).ShouldBe([0, 1, 2]);
        (await ReadAsync(stub.TradeAsync(Count(3))).DefaultTimeout()).ShouldBe([0, -1, -2]);
        await stub.KnockAsync("hello").DefaultTimeout();
        (await stub.OpenAsync(new Probe { Text = "last" }).DefaultTimeout()).ShouldBe("open last");
        vault.Ran.ShouldContain("store");
    }

    [Fact]
    public async Task Arguments_of_a_refused_call_are_not_decoded_and_filters_do_not_run()
    {
        int filtered = 0;
        await using ServerApp app = await AuthorizationAttributeTests.StartAsync(s => s
            .AddService<IVault, KeeperVault>()
            .AddFilter(new CountingFilter(() => Interlocked.Increment(ref filtered))));
        await using TunnelClient visitor = await app.ConnectAsync("bob;visitor");
        await using TunnelClient keeper = await app.ConnectAsync("ann;keeper");
        var probe = new Probe { Text = "counted " + Guid.NewGuid() };
        int before = Probe.Decoded;

        await AuthorizationAttributeTests.ShouldBeRefusedAsync(visitor.Get<IVault>().OpenAsync(probe), TunnelStatus.PermissionDenied);
        int afterRefusal = Probe.Decoded;
        await keeper.Get<IVault>().OpenAsync(probe).DefaultTimeout();

        afterRefusal.ShouldBe(before);
        Probe.Decoded.ShouldBe(before + 1);
        filtered.ShouldBe(1);
    }

    [Fact]
    public async Task Objects_passed_by_reference_are_guarded_by_their_own_attributes()
    {
        await using ServerApp app = await AuthorizationAttributeTests.StartAsync(s => s.AddService<IVault, OpenVault>());
        await using TunnelClient visitor = await app.ConnectAsync("bob;visitor");
        await using TunnelClient keeper = await app.ConnectAsync("ann;keeper");
        IDrawer visited = await visitor.Get<IVault>().DrawerAsync().DefaultTimeout();
        IDrawer kept = await keeper.Get<IVault>().DrawerAsync().DefaultTimeout();

        (await visited.ReadAsync().DefaultTimeout()).ShouldBe("read");
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(visited.EmptyAsync(), TunnelStatus.PermissionDenied);
        (await kept.EmptyAsync().DefaultTimeout()).ShouldBe("emptied");
    }

    [Fact]
    public async Task Objects_passed_by_reference_are_guarded_by_bases_of_their_contract_without_methods()
    {
        await using ServerApp app = await AuthorizationAttributeTests.StartAsync(s => s.AddService<IDerivedDrawers, DerivedDrawers>());
        await using TunnelClient visitor = await app.ConnectAsync("bob;visitor");
        await using TunnelClient keeper = await app.ConnectAsync("ann;keeper");
        IDerivedContract visited = await visitor.Get<IDerivedDrawers>().OpenAsync().DefaultTimeout();
        IDerivedContract kept = await keeper.Get<IDerivedDrawers>().OpenAsync().DefaultTimeout();

        await AuthorizationAttributeTests.ShouldBeRefusedAsync(visited.RunAsync(), TunnelStatus.PermissionDenied);
        (await kept.RunAsync().DefaultTimeout()).ShouldBe("ran");
    }

    [Fact]
    public async Task Handler_gets_method_session_headers_and_arguments_as_its_resource()
    {
        var handler = new ItemHandler();
        await using ServerApp app = await StartWithHandlerAsync(handler);
        await using TunnelClient client = await app.ConnectAsync("ann");
        var probe = new Probe { Text = "mine" };

        IVault stub = client.Get<IVault>().With(new TunnelHeaders { ["tenant"] = "blue" });
        (await stub.OpenAsync(probe).DefaultTimeout()).ShouldBe("open mine");
        probe.Text = "theirs";
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(stub.OpenAsync(probe), TunnelStatus.PermissionDenied);

        TunnelInvocationContext seen = handler.Last!;
        seen.Method.Name.ShouldBe("OpenAsync");
        seen.Contract.ShouldBe(typeof(IVault));
        seen.Implementation.ShouldBe(typeof(OpenVault));
        seen.Session.Id.ShouldBe(client.SessionId);
        seen.User!.Identity!.Name.ShouldBe("ann");
        handler.Tenant.ShouldBe("blue");
    }

    [Fact]
    public async Task Handler_that_throws_refuses_the_call_and_no_other()
    {
        await using ServerApp app = await StartWithHandlerAsync(new ItemHandler { Throws = true });
        await using TunnelClient client = await app.ConnectAsync("ann");

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => client.Get<IVault>().OpenAsync(new Probe { Text = "mine" }).DefaultTimeout());
        error.Status.ShouldBe(TunnelStatus.Internal);
        error.Message.ShouldNotContain("secret");
        client.State.ShouldBe(TunnelClientState.Connected);
    }

    [Fact]
    public async Task Handler_from_the_scope_of_its_call_is_disposed_with_it()
    {
        ScopedDependency.Reset();
        await using ServerApp app = await ServerApp.StartAsync(
            s => s.AddService<IVault, OpenVault>().RequireAuthorization(p => p.AddRequirements(new ItemRequirement())),
            more: services => services.AddScoped<ScopedDependency>().AddScoped<IAuthorizationHandler, ScopedHandler>());
        await using TunnelClient client = await app.ConnectAsync("ann");

        for (int i = 0; i < 3; i++)
        {
            await client.Get<IVault>().LookAsync().DefaultTimeout();
        }

        ScopedDependency.Created.ShouldBe(3);
        ScopedDependency.Disposed.ShouldBe(3);
    }

    [Fact]
    public async Task Policies_are_asked_for_again_only_if_their_provider_forbids_caching()
    {
        var caching = new CountingPolicyProvider(allowsCaching: true);
        var fresh = new CountingPolicyProvider(allowsCaching: false);
        foreach (CountingPolicyProvider provider in (CountingPolicyProvider[])[caching, fresh])
        {
            await using ServerApp app = await ServerApp.StartAsync(
                s => s.AddService<IVault, OpenVault>().RequireAuthorization("any"),
                more: services => services.AddSingleton<IAuthorizationPolicyProvider>(provider));
            await using TunnelClient client = await app.ConnectAsync("ann");
            int before = provider.Asked;
            for (int i = 0; i < 5; i++)
            {
                await client.Get<IVault>().LookAsync().DefaultTimeout();
            }

            (provider.Asked - before).ShouldBe(provider == caching ? 0 : 5);
        }
    }

    [Fact]
    public async Task Path_serves_only_the_services_that_it_names()
    {
        await using ServerApp app = await ServerApp.StartAsync(
            s => s.AddService<IVault, OpenVault>().AddService<IKeeperMethodContract>(new GuardedServices()),
            map: a =>
            {
                a.MapTunnelRpc("/all");
                a.MapTunnelRpc("/vault", services => services.Add<IVault>());
            });
        await using TunnelClient all = await app.ConnectAsync(null, path: "/all");
        await using TunnelClient vault = await app.ConnectAsync(null, path: "/vault");

        (await all.Get<IKeeperMethodContract>().FreeAsync().DefaultTimeout()).ShouldBe("free");
        (await all.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        (await vault.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => vault.Get<IKeeperMethodContract>().FreeAsync().DefaultTimeout());
        error.Status.ShouldBe(TunnelStatus.Unimplemented);
        error.Outcome.ShouldBe(TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task Path_with_a_service_that_the_server_does_not_have_is_an_error()
    {
        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(() => ServerApp.StartAsync(
            s => s.AddService<IVault, OpenVault>(), map: a => a.MapTunnelRpc("/x", services => services.Add<IKeeperContract>())));

        error.Message.ShouldContain("IKeeperContract");
    }

    internal static async IAsyncEnumerable<int> Count(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    internal static async Task<List<int>> ReadAsync(IAsyncEnumerable<int> items)
    {
        List<int> all = [];
        await foreach (int item in items)
        {
            all.Add(item);
        }

        return all;
    }

    private static Task<ServerApp> StartWithHandlerAsync(ItemHandler handler) => ServerApp.StartAsync(
        s => s.AddService<IVault, OpenVault>().RequireAuthorization(p => p.AddRequirements(new ItemRequirement())),
        more: services => services.AddSingleton<IAuthorizationHandler>(handler));

    private sealed class CountingFilter(Action onCall) : ITunnelFilter
    {
        public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
        {
            onCall();
            return next(context);
        }
    }

    private sealed class ItemRequirement : IAuthorizationRequirement;

    private sealed class ItemHandler : AuthorizationHandler<ItemRequirement, TunnelInvocationContext>
    {
        public TunnelInvocationContext? Last { get; private set; }

        public string? Tenant { get; private set; }

        public bool Throws { get; init; }

        protected override Task HandleRequirementAsync(
            AuthorizationHandlerContext context, ItemRequirement requirement, TunnelInvocationContext resource)
        {
            if (Throws)
            {
                throw new InvalidOperationException("secret");
            }

            Last = resource;
            Tenant = resource.Headers.TryGetValue("tenant", out string? tenant) ? tenant : null;
            if (((Probe)resource.Arguments["probe"]!).Text == "mine")
            {
                context.Succeed(requirement);
            }

            return Task.CompletedTask;
        }
    }

    private sealed class ScopedHandler(ScopedDependency dependency) : AuthorizationHandler<ItemRequirement>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ItemRequirement requirement)
        {
            dependency.Use();
            context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }

    private sealed class ScopedDependency : IDisposable
    {
        private static int _created;
        private static int _disposed;

        public ScopedDependency() => Interlocked.Increment(ref _created);

        public static int Created => Volatile.Read(ref _created);

        public static int Disposed => Volatile.Read(ref _disposed);

        public static void Reset() => _created = _disposed = 0;

        public void Use() => GC.KeepAlive(this);

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }

    private sealed class CountingPolicyProvider(bool allowsCaching) : IAuthorizationPolicyProvider
    {
        private static readonly AuthorizationPolicy Any = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public bool AllowsCachingPolicies => allowsCaching;

        public Task<AuthorizationPolicy> GetDefaultPolicyAsync() => Task.FromResult(Any);

        public Task<AuthorizationPolicy?> GetFallbackPolicyAsync() => Task.FromResult<AuthorizationPolicy?>(null);

        public Task<AuthorizationPolicy?> GetPolicyAsync(string policyName)
        {
            Interlocked.Increment(ref _asked);
            return Task.FromResult<AuthorizationPolicy?>(Any);
        }
    }
}
