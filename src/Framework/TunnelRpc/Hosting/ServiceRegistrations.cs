using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>Registers served contracts, for the services of a server and the callbacks of a client.</summary>
internal static class ServiceRegistrations
{
    /// <summary>Adds <see cref="ITunnelCaller{TCallback}"/>, for injection into implementations.</summary>
    public static void AddScopedCaller(IServiceCollection services)
    {
        services.TryAddScoped<ScopedCaller>();
        services.TryAddScoped(typeof(ITunnelCaller<>), typeof(TunnelCaller<>));
    }

    /// <summary>
    /// Adds an implementation to the services, unless they have it already, and returns its registration. A singleton serves all calls;
    /// with another lifetime each call has its own scope.
    /// </summary>
    public static ServiceRegistration Create<
        TService,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TImplementation>(
        IServiceCollection services, ServiceLifetime lifetime, CallScheduler? scheduler = null)
        where TService : class, ITunnelService<TService>
        where TImplementation : class, TService
    {
        services.TryAdd(ServiceDescriptor.Describe(typeof(TImplementation), typeof(TImplementation), lifetime));
        return lifetime == ServiceLifetime.Singleton
            ? new ServiceRegistration((table, provider) =>
                table.Add(TService.TunnelDefinition, new SingletonActivator<TService, TImplementation>(provider), scheduler))
            : new ServiceRegistration((table, provider) =>
                table.Add(
                    TService.TunnelDefinition,
                    new ScopedActivator<TService, TImplementation>(new ApplicationServices(provider)),
                    scheduler));
    }

    /// <summary>Returns the registration of one instance that serves all calls.</summary>
    public static ServiceRegistration Create<TService>(TService instance, CallScheduler? scheduler = null)
        where TService : class, ITunnelService<TService> =>
        new((table, _) => table.Add(TService.TunnelDefinition, new InstanceActivator<TService>(instance), scheduler));
}
