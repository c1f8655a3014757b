using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using TunnelRpc.Gateway;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Inspection;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Gateway.Tunnel;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a gateway to the services of an application.</summary>
public static class TunnelGatewayServiceCollectionExtensions
{
    /// <summary>
    /// Adds a gateway, and the tunnel server whose clients claim names: each path of MapTunnelRpc serves the claims, unless it names its
    /// services. MapTunnelGateway maps the names. Without AllowClaims or AllowAnyClaim all claims are refused. Can be called several times:
    /// the application has one gateway, and all configurations apply to it.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Configures the options. They are validated when the gateway is created.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddTunnelGateway(this IServiceCollection services, Action<TunnelGatewayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        if (services.Any(service => service.ServiceType == typeof(GatewayRouter)))
        {
            return services;
        }

        services.TryAddSingleton<IValidateOptions<TunnelGatewayOptions>, TunnelGatewayOptionsValidator>();
        services.AddSingleton<GatewayRouter>();
        services.AddSingleton<GatewayAddresses>();
        services.AddSingleton<GatewayForwarder>();
        services.AddSingleton<ExchangeLog>();
        services.AddSingleton<SessionClaims>();
        services.TryAddSingleton<ITunnelGateway, TunnelGateway>();
        services.AddTunnelRpc().AddService<IHttpGateway, HttpGatewayService>();
        return services;
    }
}
