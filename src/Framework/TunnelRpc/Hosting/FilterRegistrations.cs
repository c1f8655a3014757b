using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TunnelRpc.Hosting;

/// <summary>Registers filters that the service provider creates, for servers and clients.</summary>
internal static class FilterRegistrations
{
    /// <summary>Adds a filter to the services, unless they have it already, and returns its registration.</summary>
    public static TunnelFilterRegistration Create<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        IServiceCollection services, int order, TunnelCallDirection? direction, Func<TunnelMethod, bool>? methods, ServiceLifetime lifetime)
        where TFilter : class, ITunnelFilter
    {
        services.TryAdd(ServiceDescriptor.Describe(typeof(TFilter), typeof(TFilter), lifetime));

        // The application may have registered the filter itself, with another lifetime.
        bool needsScope = services.Last(s => s.ServiceType == typeof(TFilter) && !s.IsKeyedService).Lifetime != ServiceLifetime.Singleton;
        return new TunnelFilterRegistration(
            static provider => provider!.GetRequiredService<TFilter>(), order, direction, methods, needsScope);
    }

    /// <summary>
    /// Returns a condition that selects the methods of one contract that also meet <paramref name="methods"/>; null selects all of them.
    /// </summary>
    public static Func<TunnelMethod, bool> ForService<TService>(Func<TunnelMethod, bool>? methods)
        where TService : class, ITunnelService<TService> =>
        method => method.Service == TService.TunnelDefinition.Name && methods?.Invoke(method) != false;
}
