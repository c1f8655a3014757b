using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TunnelRpc;
using TunnelRpc.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a tunnel server to the services of an application.</summary>
public static class TunnelServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="TunnelServer"/>, <see cref="ITunnelGroups"/>, <see cref="ITunnelSessions"/> and
    /// <see cref="ITunnelClients{TCallback}"/>. The returned builder adds the contracts that the server serves. With ASP.NET Core,
    /// MapTunnelRpc maps the server to a path. Can be called several times: the application has one server, and all configurations apply
    /// to it. Contracts and classes with [Authorize] also need AddAuthorization.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Configures the options. They are validated when the server is created.</param>
    /// <returns>The builder of the server.</returns>
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
        services.TryAddSingleton<ITunnelSessions, TunnelSessions>();
        services.TryAddSingleton(typeof(ITunnelClients<>), typeof(TunnelClients<>));
        ServiceRegistrations.AddScopedCaller(services);
        return new TunnelServerBuilder(services);
    }
}
