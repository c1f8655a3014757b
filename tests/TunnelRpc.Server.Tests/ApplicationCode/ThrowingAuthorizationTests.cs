using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Authorization;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Authorization;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.ApplicationCode;

/// <summary>Authorization handlers and policy providers that throw cost only the calls for which they ran.</summary>
public sealed class ThrowingAuthorizationTests
{
    private const string Cause = "The directory does not answer.";

    [Fact]
    public async Task Handler_that_throws_fails_its_call_before_it_runs_and_is_logged_once()
    {
        var vault = new OpenVault();
        await using ServerApp app = await ServerApp.StartAsync(
            server => server.AddService<IVault>(vault).RequireAuthorization(policy => policy.AddRequirements(new Lookup())),
            more: services => services.AddSingleton<IAuthorizationHandler>(new ThrowingHandler()));
        await using TunnelClient client = await app.ConnectAsync("ann");
        IVault stub = client.Get<IVault>();
        string session = client.SessionId!;

        TunnelException failed = await Should.ThrowAsync<TunnelException>(() => stub.LookAsync().DefaultTimeout());
        string[] afterCall = Errors(app);
        await stub.KnockAsync("one way").DefaultTimeout();
        await WaitUntilAsync(() => Errors(app).Length > afterCall.Length);

        (await stub.OpenAsync(new Probe { Text = "x" }).DefaultTimeout()).ShouldBe("open x");
        (failed.Status, failed.Outcome).ShouldBe((TunnelStatus.Internal, TunnelCallOutcome.NotSent));
        failed.Message.ShouldNotContain(Cause);
        afterCall.ShouldHaveSingleItem().ShouldContain(Cause);
        Errors(app).Length.ShouldBe(2);
        Errors(app)[1].ShouldContain("KnockAsync");
        vault.Ran.ShouldBe(["open x"]);
        client.SessionId.ShouldBe(session);
    }

    [Fact]
    public async Task Policy_provider_that_throws_fails_its_call_and_later_calls_run()
    {
        var provider = new ThrowingProvider();
        await using ServerApp app = await ServerApp.StartAsync(
            server => server.AddService<IVault>(new OpenVault()).RequireAuthorization("named"),
            more: services => services.AddSingleton<IAuthorizationPolicyProvider>(provider));
        await using TunnelClient client = await app.ConnectAsync("ann");

        provider.Throws = true;
        TunnelException failed = await Should.ThrowAsync<TunnelException>(() => client.Get<IVault>().LookAsync().DefaultTimeout());
        provider.Throws = false;

        (await client.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        (failed.Status, failed.Outcome).ShouldBe((TunnelStatus.Internal, TunnelCallOutcome.NotSent));
        Errors(app).ShouldHaveSingleItem().ShouldContain(Cause);
    }

    [Fact]
    public async Task Policy_provider_that_throws_at_start_fails_the_start_with_its_cause()
    {
        InvalidOperationException failed = await Should.ThrowAsync<InvalidOperationException>(() => ServerApp.StartAsync(
            server => server.AddService<IVault>(new OpenVault()).RequireAuthorization("named"),
            more: services => services.AddSingleton<IAuthorizationPolicyProvider>(new ThrowingProvider { Throws = true })));

        failed.Message.ShouldBe(Cause);
    }

    private static string[] Errors(ServerApp app) => [.. app.Log.Lines.Where(l => l.StartsWith("Error", StringComparison.Ordinal))];

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (!condition())
        {
            await Task.Delay(1, guard.Token);
        }
    }

    private sealed class Lookup : IAuthorizationRequirement;

    /// <summary>Throws for every method but one.</summary>
    private sealed class ThrowingHandler : AuthorizationHandler<Lookup, TunnelInvocationContext>
    {
        protected override Task HandleRequirementAsync(
            AuthorizationHandlerContext context, Lookup requirement, TunnelInvocationContext resource)
        {
            if (resource.Method.Name != nameof(IVault.OpenAsync))
            {
                throw new InvalidOperationException(Cause);
            }

            context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }

    /// <summary>Looks its policies up for each call.</summary>
    private sealed class ThrowingProvider : IAuthorizationPolicyProvider
    {
        private static readonly AuthorizationPolicy Policy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();

        public volatile bool Throws;

        public bool AllowsCachingPolicies => false;

        public Task<AuthorizationPolicy> GetDefaultPolicyAsync() => Task.FromResult(Policy);

        public Task<AuthorizationPolicy?> GetFallbackPolicyAsync() => Task.FromResult<AuthorizationPolicy?>(null);

        public Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) =>
            Throws ? throw new InvalidOperationException(Cause) : Task.FromResult<AuthorizationPolicy?>(Policy);
    }
}
