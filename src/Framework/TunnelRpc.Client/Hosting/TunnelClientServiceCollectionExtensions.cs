using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TunnelRpc.Client;
using TunnelRpc.Client.Hosting;
using TunnelRpc.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a tunnel client to an application.</summary>
public static class TunnelClientServiceCollectionExtensions
{
    /// <summary>Adds a client, which a hosted application keeps connected; what it calls and serves is said to the builder.</summary>
    public static TunnelClientBuilder AddTunnelClient(this IServiceCollection services, Action<TunnelClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions();
        services.Configure(configure);
        services.TryAddSingleton<IValidateOptions<TunnelClientOptions>, TunnelClientOptionsValidator>();
        services.TryAddSingleton(provider => new TunnelClient(
            provider.GetRequiredService<IOptions<TunnelClientOptions>>(), provider, provider.GetService<ILoggerFactory>()));
        services.TryAddSingleton<ITunnelClient>(provider => provider.GetRequiredService<TunnelClient>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, TunnelClientHostedService>());
        ServiceRegistrations.AddScopedCaller(services);
        return new TunnelClientBuilder(services);
    }
}
