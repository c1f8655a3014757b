using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Hosting;

namespace TunnelRpc;

/// <summary>Says what a server serves.</summary>
public sealed class TunnelServerBuilder
{
    internal TunnelServerBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Serves a contract. By default each call gets an implementation and a scope of its own, disposed when the call is over;
    /// a singleton is shared by all calls, and must be thread-safe.
    /// </summary>
    /// <typeparam name="TService">The contract.</typeparam>
    /// <typeparam name="TImplementation">Its implementation; may have <see cref="ITunnelCaller{TCallback}"/> injected.</typeparam>
    public TunnelServerBuilder AddService<TService, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TImplementation>(
        ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TService : class, ITunnelService<TService>
        where TImplementation : class, TService
    {
        Services.AddSingleton(ServiceRegistrations.Create<TService, TImplementation>(Services, lifetime));
        return this;
    }

    /// <summary>Serves a contract with one instance, which must be thread-safe and is not disposed.</summary>
    public TunnelServerBuilder AddService<TService>(TService instance)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(instance);
        Services.AddSingleton(ServiceRegistrations.Create(instance));
        return this;
    }

    /// <summary>
    /// Runs a filter around calls, of every contract: those that are served here, and those that are made from here. By
    /// default each call gets a filter of its own, from the scope of the call, disposed when the call is over; a singleton is shared by
    /// all calls, and must be thread-safe.
    /// </summary>
    /// <param name="order">A filter of less order runs outside those of more; of the same order, the one that was added first.</param>
    /// <param name="direction">Which calls it is for; null for those made and those served.</param>
    /// <param name="methods">Which methods it is for, asked once a method; null for all.</param>
    /// <param name="lifetime">How long a filter lives, unless it is among the services already.</param>
    public TunnelServerBuilder AddFilter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null, ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TFilter : class, ITunnelFilter
    {
        TunnelFilterRegistration registration = FilterRegistrations.Create<TFilter>(Services, order, direction, methods, lifetime);
        Services.Configure<TunnelServerOptions>(options => options.Filters.Add(registration));
        return this;
    }

    /// <summary>Runs a filter around the calls of one contract.</summary>
    /// <inheritdoc cref="AddFilter{TFilter}(int, TunnelCallDirection?, Func{TunnelMethod, bool}?, ServiceLifetime)"/>
    public TunnelServerBuilder AddFilter<TService, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null, ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TService : class, ITunnelService<TService>
        where TFilter : class, ITunnelFilter => AddFilter<TFilter>(order, direction, FilterRegistrations.ForService<TService>(methods), lifetime);

    /// <summary>Runs one instance around calls, which must be thread-safe and is not disposed.</summary>
    /// <inheritdoc cref="TunnelFilters.Add(ITunnelFilter, int, TunnelCallDirection?, Func{TunnelMethod, bool}?)"/>
    public TunnelServerBuilder AddFilter(ITunnelFilter filter, int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Services.Configure<TunnelServerOptions>(options => options.Filters.Add(filter, order, direction, methods));
        return this;
    }
}
