using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Authorization;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Serves the same contracts with authorization. Every client is the same user.</summary>
internal sealed class GuardedServer() : WebServer(HttpProtocols.Http1)
{
    private static readonly ClaimsPrincipal User = new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, "ann"), new Claim(ClaimTypes.Role, "operator")], "benchmark"));

    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) =>
        throw new NotSupportedException("The server for authorization does not call its clients.");

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.WebHost.UseTunnelRpcBuffers();
        builder.Services.AddAuthorization(options => options.AddPolicy("resource", policy => policy.AddRequirements(new Requirement())));
        builder.Services.AddSingleton<IAuthorizationHandler, Handler>();
        builder.Services.AddTunnelRpc()
            .AddService<ILoadService>(new LoadService())
            .AddService<IGuardedService>(new GuardedService());
    }

    protected override void Map(WebApplication application)
    {
        application.Use((context, next) =>
        {
            context.User = User;
            return next(context);
        });
        application.MapTunnelRpc(TunnelLoadServer.Path);
    }

    private sealed class Requirement : IAuthorizationRequirement;

    private sealed class Handler : AuthorizationHandler<Requirement, TunnelInvocationContext>
    {
        protected override Task HandleRequirementAsync(
            AuthorizationHandlerContext context, Requirement requirement, TunnelInvocationContext resource)
        {
            if (resource.User?.Identity?.IsAuthenticated == true)
            {
                context.Succeed(requirement);
            }

            return Task.CompletedTask;
        }
    }
}
