using TunnelRpc.Generators.Analysis;
using Xunit;

namespace TunnelRpc.Generators.Tests.Analyzers;

/// <summary>TRPC0503: an endpoint for which the application has not decided who may connect.</summary>
public sealed class EndpointAnalyzerTests
{
    private const string Start = """
        using Microsoft.AspNetCore.Authorization;
        using Microsoft.AspNetCore.Builder;
        using Microsoft.AspNetCore.Routing;
        using Microsoft.Extensions.DependencyInjection;

        [TunnelService] public partial interface IVault { Task OpenAsync(); }

        """;

    [Theory]
    [InlineData("app.{|TRPC0503:MapTunnelRpc|}(\"/t\");")]
    [InlineData("app.{|TRPC0503:MapTunnelRpc|}(\"/t\", services => services.Add<IVault>());")]
    [InlineData("app.{|TRPC0503:MapTunnelRpc|}(\"/t\").WithDisplayName(\"tunnel\").RequireHost(\"a\");")]
    [InlineData("app.UseEndpoints(endpoints => endpoints.{|TRPC0503:MapTunnelRpc|}(\"/t\"));")]
    [InlineData("app.MapTunnelRpc(\"/a\").RequireAuthorization(); app.{|TRPC0503:MapTunnelRpc|}(\"/t\");")]
    public Task Endpoint_without_a_decision_is_reported(string statements) => VerifyAsync(statements);

    [Theory]
    [InlineData("app.MapTunnelRpc(\"/t\").RequireAuthorization();")]
    [InlineData("app.MapTunnelRpc(\"/t\").WithDisplayName(\"tunnel\").RequireAuthorization(\"ops\");")]
    [InlineData("app.MapTunnelRpc(\"/t\").AllowAnonymous();")]
    [InlineData("app.MapTunnelRpc(\"/t\").WithMetadata(new AuthorizeAttribute());")]
    [InlineData("var endpoint = app.MapTunnelRpc(\"/t\"); endpoint.RequireAuthorization();")]
    [InlineData("Secure(app.MapTunnelRpc(\"/t\"));")]
    [InlineData("app.MapTunnelRpc(\"/t\").Protect();")]
    [InlineData("app.MapGroup(\"/g\").RequireAuthorization().MapTunnelRpc(\"/t\");")]
    [InlineData("services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().Build()); app.MapTunnelRpc(\"/t\");")]
    [InlineData("services.AddAuthorization(o => o.FallbackPolicy = o.DefaultPolicy); app.MapTunnelRpc(\"/t\");")]
    [InlineData("app.MapTunnelRpc(\"/t\"); } } [Authorize] public sealed class Vault : IVault { public Task OpenAsync() { "
        + "return Task.CompletedTask;")]
    [InlineData("} public static void Map(IEndpointRouteBuilder endpoints) { endpoints.MapTunnelRpc(\"/t\");")]
    public Task Endpoint_with_a_decision_is_not_reported(string statements) => VerifyAsync(statements);

    private static Task VerifyAsync(string statements) => RuleVerifier.VerifyAsync<EndpointAnalyzer>(
        Start + "public static class Start { private static void Secure(IEndpointConventionBuilder endpoint) => "
        + "endpoint.RequireAuthorization(); private static void Protect(this IEndpointConventionBuilder endpoint) => "
        + "endpoint.RequireAuthorization(); public static void Run(WebApplication app, IServiceCollection services) "
        + $"{{ {statements} }} }}");
}
