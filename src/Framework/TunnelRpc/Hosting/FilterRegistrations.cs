using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TunnelRpc.Hosting;

/// <summary>What a filter out of a service collection takes; the same on a server and on a client.</summary>
internal static class FilterRegistrations
{
    public static TunnelFilterRegistration Create<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        IServiceCollection services, int order, TunnelCallDirection? direction, Func<TunnelMethod, bool>? methods, ServiceLifetime lifetime)
        where TFilter : class, ITunnelFilter
    {
        services.TryAdd(ServiceDescriptor.Describe(typeof(TFilter), typeof(TFilter), lifetime));

        // The application may have registered it before, with another lifetime.
        bool needsScope = services.Last(s => s.ServiceType == typeof(TFilter) && !s.IsKeyedService).Lifetime != ServiceLifetime.Singleton;
        return new TunnelFilterRegistration(static provider => provider!.GetRequiredService<TFilter>(), order, direction, methods, needsScope);
    }

    /// <summary>The methods of one contract, and of those only the ones that <paramref name="methods"/> names.</summary>
    public static Func<TunnelMethod, bool> ForService<TService>(Func<TunnelMethod, bool>? methods)
        where TService : class, ITunnelService<TService> =>
        method => method.Service == TService.TunnelDefinition.Name && methods?.Invoke(method) != false;
}
