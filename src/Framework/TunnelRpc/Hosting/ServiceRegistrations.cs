using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>Registers served contracts, for the services of a server and the callbacks of a client.</summary>
internal static class ServiceRegistrations
{
    /// <summary>What trimming keeps of an implementation: what creates it, and the methods whose attributes are read.</summary>
    public const DynamicallyAccessedMemberTypes ImplementationMembers = DynamicallyAccessedMemberTypes.PublicConstructors
        | DynamicallyAccessedMemberTypes.PublicMethods
        | DynamicallyAccessedMemberTypes.NonPublicMethods
        | DynamicallyAccessedMemberTypes.Interfaces;

    /// <summary>The name of a contract on the wire.</summary>
    public static string NameOf<TService>()
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition.Name;

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
        [DynamicallyAccessedMembers(ImplementationMembers)] TImplementation>(
        IServiceCollection services, ServiceLifetime lifetime, CallScheduler? scheduler = null)
        where TService : class, ITunnelService<TService>
        where TImplementation : class, TService
    {
        services.TryAdd(ServiceDescriptor.Describe(typeof(TImplementation), typeof(TImplementation), lifetime));
        return lifetime == ServiceLifetime.Singleton
            ? new ServiceRegistration((table, provider, registration) =>
                table.Add(
                    TService.TunnelDefinition,
                    new SingletonActivator<TService, TImplementation>(provider),
                    scheduler,
                    registration.Metadata))
            : new ServiceRegistration((table, provider, registration) =>
                table.Add(
                    TService.TunnelDefinition,
                    new ScopedActivator<TService, TImplementation>(new ApplicationServices(provider)),
                    scheduler,
                    registration.Metadata));
    }

    /// <summary>Returns the registration of one instance that serves all calls.</summary>
    public static ServiceRegistration Create<TService>(TService instance, CallScheduler? scheduler = null)
        where TService : class, ITunnelService<TService> =>
        new((table, _, registration) => table.Add(
            TService.TunnelDefinition, new InstanceActivator<TService>(instance), scheduler, registration.Metadata));
}
