using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace TunnelRpc.Calls.Tests.Middleware;

/// <summary>A middleware in front of the tunnel, with settings that it would act on soon.</summary>
/// <param name="Name">The name, a parameter of the tests.</param>
internal sealed record MiddlewareCase(string Name)
{
    public Action<IServiceCollection> Services { get; init; } = _ => { };

    public Action<WebApplication> Use { get; init; } = _ => { };

    public Action<IEndpointConventionBuilder> Endpoint { get; init; } = _ => { };

    public Action<KestrelServerOptions> Kestrel { get; init; } = _ => { };

    /// <summary>The time for which the session must last: at least the middleware's interval.</summary>
    public TimeSpan Duration { get; init; }

    public override string ToString() => Name;
}
