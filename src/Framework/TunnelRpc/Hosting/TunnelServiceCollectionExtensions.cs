using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TunnelRpc;
using TunnelRpc.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a tunnel server to an application.</summary>
public static class TunnelServiceCollectionExtensions
{
    /// <summary>Adds the server; what it serves is said to the builder, where it is reached to the host (with ASP.NET Core: MapTunnelRpc).</summary>
    public static TunnelServerBuilder AddTunnelRpc(this IServiceCollection services, Action<TunnelServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton<IValidateOptions<TunnelServerOptions>, TunnelServerOptionsValidator>();
        services.TryAddSingleton<TunnelServer>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, TunnelServerLifecycle>());
        services.TryAddSingleton<ITunnelGroups>(provider => provider.GetRequiredService<TunnelServer>().Groups);
        services.TryAddSingleton(typeof(ITunnelClients<>), typeof(TunnelClients<>));
        ServiceRegistrations.AddScopedCaller(services);
        return new TunnelServerBuilder(services);
    }
}
