using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TunnelRpc.Client;
using TunnelRpc.Client.Hosting;
using TunnelRpc.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds tunnel clients to an application.</summary>
public static class TunnelClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds the unnamed client: <see cref="TunnelClient"/> and <see cref="ITunnelClient"/> are singletons, which the container disposes. A
    /// hosted application keeps the client connected. The returned builder registers the contracts that the client calls and serves.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; at least the address.</param>
    /// <exception cref="InvalidOperationException">
    /// There is an unnamed client already. Further clients must have names; further contracts of the same client are added to the builder
    /// that the first call returned. The message names the addresses of both, for which <paramref name="configure"/> is called.
    /// </exception>
    public static TunnelClientBuilder AddTunnelClient(this IServiceCollection services, Action<TunnelClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        AddRegistration(services, new TunnelClientRegistration(null, configure));
        services.Configure(configure);
        services.TryAddSingleton(provider => CreateClient(provider, null));
        services.TryAddSingleton<ITunnelClient>(provider => provider.GetRequiredService<TunnelClient>());
        services.AddSingleton<IHostedService>(provider => new TunnelClientHostedService(provider.GetRequiredService<TunnelClient>()));
        return new TunnelClientBuilder(services, null);
    }

    /// <summary>
    /// Adds a named client, for instance to a second server: <see cref="TunnelClient"/>, <see cref="ITunnelClient"/> and each contract of
    /// <see cref="TunnelClientBuilder.AddRemote{TService}"/> are keyed singletons, injected with <c>[FromKeyedServices("name")]</c>. The
    /// options are the named options of that name. A hosted application keeps the client connected. The container disposes it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The client's name, which is also its service key; case-sensitive.</param>
    /// <param name="configure">Sets the options; at least the address.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is a client of that name already. The message names the addresses of both, for which <paramref name="configure"/> is called.
    /// </exception>
    public static TunnelClientBuilder AddTunnelClient(this IServiceCollection services, string name, Action<TunnelClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        AddRegistration(services, new TunnelClientRegistration(name, configure));
        services.Configure(name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => CreateClient(provider, name));
        services.TryAddKeyedSingleton<ITunnelClient>(name, (provider, key) => provider.GetRequiredKeyedService<TunnelClient>(key));
        services.AddSingleton<IHostedService>(
            provider => new TunnelClientHostedService(provider.GetRequiredKeyedService<TunnelClient>(name)));
        return new TunnelClientBuilder(services, name);
    }

    /// <summary>Adds the services that all clients share, and records the client's name.</summary>
    private static void AddRegistration(IServiceCollection services, TunnelClientRegistration registration)
    {
        string? name = registration.Name;
        if (services.Where(service => !service.IsKeyedService).Select(service => service.ImplementationInstance)
            .OfType<TunnelClientRegistration>().FirstOrDefault(other => other.Name == name) is { } first)
        {
            throw new InvalidOperationException(
                $"AddTunnelClient was called twice {(name is null ? "without a name" : $"with the name \"{name}\"")}: for "
                + $"{first.DescribeAddress()} and for {registration.DescribeAddress()}. For a client of its own, "
                + $"{(name is null ? "name this one" : "give this one another name")}: AddTunnelClient(\"name\", options => …). For more "
                + "contracts of the first client, use the builder that the first call returned.");
        }

        services.AddSingleton(registration);
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TunnelClientOptions>, TunnelClientOptionsValidator>());
        ServiceRegistrations.AddScopedCaller(services);
    }

    private static TunnelClient CreateClient(IServiceProvider provider, string? name)
    {
        IOptionsMonitor<TunnelClientOptions> options = provider.GetRequiredService<IOptionsMonitor<TunnelClientOptions>>();
        return new TunnelClient(name, options.Get(name), provider);
    }
}
