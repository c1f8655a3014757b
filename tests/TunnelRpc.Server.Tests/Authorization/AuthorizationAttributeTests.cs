using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Authorization;

/// <summary>[Authorize] and [AllowAnonymous] wherever they can be written.</summary>
public sealed class AuthorizationAttributeTests
{
    public static TheoryData<string> GuardedVaults => new(
    [
        nameof(KeeperVault), nameof(DerivedKeeperVault), nameof(KeeperMethodVault), nameof(ExplicitKeeperVault), nameof(PolicyVault),
        nameof(RequirementDataVault),
    ]);

    [Theory, MemberData(nameof(GuardedVaults))]
    public async Task Requirement_of_an_implementation_is_enforced(string vault)
    {
        OpenVault implementation = CreateVault(vault);
        await using ServerApp app = await StartAsync(server => server.AddService<IVault>(implementation));

        await ShouldGuardAsync(app, vault => vault.OpenAsync(new Probe { Text = "x" }), () => implementation.Ran.Count, 1);
    }

    [Fact]
    public async Task Requirement_of_a_class_from_dependency_injection_is_enforced()
    {
        await using ServerApp scoped = await StartAsync(server => server.AddService<IVault, KeeperVault>());
        await using ServerApp singleton = await StartAsync(server => server.AddService<IVault, KeeperVault>(ServiceLifetime.Singleton));

        await ShouldGuardAsync(scoped, vault => vault.LookAsync());
        await ShouldGuardAsync(singleton, vault => vault.LookAsync());
    }

    [Fact]
    public async Task Requirement_of_a_registration_is_enforced()
    {
        await using ServerApp named = await StartAsync(s => s.AddService<IVault, OpenVault>().RequireAuthorization("keepers"));
        await using ServerApp built = await StartAsync(
            s => s.AddService<IVault, OpenVault>().RequireAuthorization(policy => policy.RequireRole("keeper")));
        await using ServerApp data = await StartAsync(
            s => s.AddService<IVault>(new OpenVault()).RequireAuthorization(new AuthorizeAttribute { Roles = "keeper" }));

        await ShouldGuardAsync(named, vault => vault.LookAsync());
        await ShouldGuardAsync(built, vault => vault.LookAsync());
        await ShouldGuardAsync(data, vault => vault.LookAsync());
    }

    [Fact]
    public async Task Default_policy_requires_an_authenticated_user()
    {
        await using ServerApp app = await StartAsync(server => server.AddService<IVault, OpenVault>().RequireAuthorization());
        await using TunnelClient anonymous = await app.ConnectAsync(null);
        await using TunnelClient ann = await app.ConnectAsync("ann");

        await ShouldBeRefusedAsync(anonymous.Get<IVault>().LookAsync(), TunnelStatus.Unauthenticated);
        (await ann.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
    }

    [Fact]
    public async Task Requirement_of_a_contract_is_enforced()
    {
        await using ServerApp app = await StartAsync(server => server
            .AddService<IKeeperContract>(new GuardedServices())
            .AddService<IKeeperMethodContract>(new GuardedServices())
            .AddService<IDerivedContract>(new GuardedServices())
            .AddService<IInheritingContract>(new GuardedServices()));

        await ShouldGuardAsync<IKeeperContract>(app, c => c.RunAsync());
        await ShouldGuardAsync<IKeeperMethodContract>(app, c => c.RunAsync());
        await ShouldGuardAsync<IDerivedContract>(app, c => c.RunAsync());
        await ShouldGuardAsync<IInheritingContract>(app, c => c.RunAsync());
        await using TunnelClient anonymous = await app.ConnectAsync(null);
        (await anonymous.Get<IKeeperMethodContract>().FreeAsync().DefaultTimeout()).ShouldBe("free");
        (await anonymous.Get<IKeeperMethodContract>().RunAsync(2).DefaultTimeout()).ShouldBe("ran 2");
        (await anonymous.Get<IInheritingContract>().FreeAsync().DefaultTimeout()).ShouldBe("free");
    }

    [Fact]
    public async Task Requirements_of_class_and_method_add_up()
    {
        await using ServerApp app = await StartAsync(server => server.AddService<IVault, TwoLevelVault>());
        await using TunnelClient keeper = await app.ConnectAsync("ann;keeper");
        await using TunnelClient chief = await app.ConnectAsync("bob;chief");
        await using TunnelClient both = await app.ConnectAsync("eve;keeper,chief");
        var probe = new Probe { Text = "x" };

        await ShouldBeRefusedAsync(keeper.Get<IVault>().OpenAsync(probe), TunnelStatus.PermissionDenied);
        await ShouldBeRefusedAsync(chief.Get<IVault>().OpenAsync(probe), TunnelStatus.PermissionDenied);
        (await both.Get<IVault>().OpenAsync(probe).DefaultTimeout()).ShouldBe("open x");
        (await keeper.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
    }

    [Fact]
    public async Task AllowAnonymous_of_a_method_cancels_what_its_class_requires()
    {
        await using ServerApp app = await StartAsync(server => server.AddService<IVault, LobbyVault>());
        await using TunnelClient anonymous = await app.ConnectAsync(null);

        (await anonymous.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        await ShouldBeRefusedAsync(anonymous.Get<IVault>().OpenAsync(new Probe()), TunnelStatus.Unauthenticated);
    }

    [Fact]
    public async Task AllowAnonymous_of_a_class_does_not_cancel_what_its_method_requires()
    {
        await using ServerApp app = await StartAsync(server => server.AddService<IVault, OpenButOneVault>());
        await using TunnelClient anonymous = await app.ConnectAsync(null);

        (await anonymous.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        await ShouldGuardAsync(app, vault => vault.OpenAsync(new Probe()));
    }

    [Fact]
    public async Task AllowAnonymous_of_a_class_or_registration_cancels_what_the_contract_requires()
    {
        await using ServerApp app = await StartAsync(server => server
            .AddService<IOpenedContract>(new OpeningService())
            .AddService<IKeeperContract>(new GuardedServices()).AllowAnonymous());
        await using TunnelClient anonymous = await app.ConnectAsync(null);

        (await anonymous.Get<IOpenedContract>().RunAsync().DefaultTimeout()).ShouldBe("ran");
        (await anonymous.Get<IKeeperContract>().RunAsync().DefaultTimeout()).ShouldBe("ran");
    }

    [Fact]
    public async Task AllowAnonymous_has_no_effect_where_the_path_requires_authorization_and_the_log_says_so()
    {
        await using ServerApp app = await ServerApp.StartAsync(
            server => server.AddService<IVault, LobbyVault>(),
            map: a =>
            {
                a.MapTunnelRpc("/tunnel");
                a.MapTunnelRpc("/members").RequireAuthorization();
            });

        await Should.ThrowAsync<TunnelConnectException>(
            () => app.ConnectAsync(null, configure: o => o.ConnectTimeout = TimeSpan.Zero, path: "/members").DefaultTimeout());

        string warning = app.Log.Lines.Where(l => l.Contains("[AllowAnonymous]", StringComparison.Ordinal)).ShouldHaveSingleItem();
        warning.ShouldContain("/members");
        warning.ShouldContain("IVault/LookAsync");
    }

    [Fact]
    public async Task Scheme_of_an_attribute_or_a_policy_is_an_error_at_start()
    {
        InvalidOperationException attribute = await Should.ThrowAsync<InvalidOperationException>(
            () => StartAsync(server => server.AddService<IVault, SchemeVault>()));
        InvalidOperationException policy = await Should.ThrowAsync<InvalidOperationException>(() => StartAsync(
            server => server.AddService<IVault, OpenVault>().RequireAuthorization("with-scheme")));

        attribute.Message.ShouldContain("\"cookies\"");
        attribute.Message.ShouldContain("MapTunnelRpc(…).RequireAuthorization(…)");
        policy.Message.ShouldContain("got bearer");
    }

    [Fact]
    public async Task Unknown_policy_is_an_error_at_start()
    {
        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(
            () => StartAsync(server => server.AddService<IVault, OpenVault>().RequireAuthorization("misspelt")));

        error.Message.ShouldContain("misspelt");
    }

    [Fact]
    public void Requirement_of_a_callback_is_an_error()
    {
        InvalidOperationException byClass = Should.Throw<InvalidOperationException>(
            () => new TunnelClient(CreateOptions(o => o.Serve<IVault>(new KeeperVault()))));
        InvalidOperationException byContract = Should.Throw<InvalidOperationException>(
            () => new TunnelClient(CreateOptions(o => o.Serve<IKeeperContract>(new GuardedServices()))));

        byClass.Message.ShouldContain("KeeperVault");
        byContract.Message.ShouldContain("IKeeperContract/RunAsync");
    }

    internal static Task<ServerApp> StartAsync(Action<TunnelServerBuilder> services) => ServerApp.StartAsync(
        services,
        authorization: options =>
        {
            options.AddPolicy("keepers", policy => policy.RequireRole("keeper"));
            options.AddPolicy("with-scheme", policy => policy.AddAuthenticationSchemes("bearer").RequireAuthenticatedUser());
        });

    internal static async Task ShouldBeRefusedAsync(Task call, TunnelStatus status)
    {
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => call.DefaultTimeout());
        error.Status.ShouldBe(status);
        error.Outcome.ShouldBe(TunnelCallOutcome.NotSent);
    }

    private static Task ShouldGuardAsync(ServerApp app, Func<IVault, Task<string>> call, Func<int>? countRuns = null, int runs = 0) =>
        ShouldGuardAsync<IVault>(app, call, countRuns, runs);

    /// <summary>Only a user with the role keeper may make the call.</summary>
    private static async Task ShouldGuardAsync<TService>(
        ServerApp app, Func<TService, Task<string>> call, Func<int>? countRuns = null, int runs = 0)
        where TService : class, ITunnelService<TService>
    {
        await using TunnelClient anonymous = await app.ConnectAsync(null);
        await using TunnelClient visitor = await app.ConnectAsync("bob;visitor");
        await using TunnelClient keeper = await app.ConnectAsync("ann;keeper");

        await ShouldBeRefusedAsync(call(anonymous.Get<TService>()), TunnelStatus.Unauthenticated);
        await ShouldBeRefusedAsync(call(visitor.Get<TService>()), TunnelStatus.PermissionDenied);
        (await call(keeper.Get<TService>()).DefaultTimeout()).ShouldNotBeEmpty();
        if (countRuns is not null)
        {
            countRuns().ShouldBe(runs);
        }
    }

    private static OpenVault CreateVault(string name) => name switch
    {
        nameof(KeeperVault) => new KeeperVault(),
        nameof(DerivedKeeperVault) => new DerivedKeeperVault(),
        nameof(KeeperMethodVault) => new KeeperMethodVault(),
        nameof(ExplicitKeeperVault) => new ExplicitKeeperVault(),
        nameof(PolicyVault) => new PolicyVault(),
        _ => new RequirementDataVault(),
    };

    private static TunnelClientOptions CreateOptions(Action<TunnelClientOptions> configure)
    {
        var options = new TunnelClientOptions { Address = new Uri("http://127.0.0.1:1/tunnel") };
        configure(options);
        return options;
    }
}
