using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TunnelRpc.Hosting;

/// <summary>What serving a contract out of a service collection takes; the same on a server and for a client's callbacks.</summary>
internal static class ServiceRegistrations
{
    /// <summary>What every call's scope needs.</summary>
    public static void AddScopedCaller(IServiceCollection services)
    {
        services.TryAddScoped<ScopedCaller>();
        services.TryAddScoped(typeof(ITunnelCaller<>), typeof(TunnelCaller<>));
    }

    public static ServiceRegistration Create<TService, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TImplementation>(
        IServiceCollection services, ServiceLifetime lifetime)
        where TService : class, ITunnelService<TService>
        where TImplementation : class, TService
    {
        services.TryAdd(ServiceDescriptor.Describe(typeof(TImplementation), typeof(TImplementation), lifetime));
        return lifetime == ServiceLifetime.Singleton
            ? new ServiceRegistration((table, provider) =>
                table.Add(TService.TunnelDefinition, new SingletonActivator<TService, TImplementation>(provider)))
            : new ServiceRegistration((table, provider) =>
                table.Add(TService.TunnelDefinition, new ScopedActivator<TService, TImplementation>(new ApplicationServices(provider))));
    }

    public static ServiceRegistration Create<TService>(TService instance)
        where TService : class, ITunnelService<TService> =>
        new((table, _) => table.Add(TService.TunnelDefinition, new Calls.InstanceActivator<TService>(instance)));
}
