using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Client.Hosting;
using TunnelRpc.Hosting;

namespace TunnelRpc.Client;

/// <summary>Says what a client calls and what it serves.</summary>
public sealed class TunnelClientBuilder
{
    internal TunnelClientBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Makes a contract of the server injectable: its stub is a singleton and thread-safe.</summary>
    public TunnelClientBuilder AddRemote<TService>()
        where TService : class, ITunnelService<TService>
    {
        Services.AddSingleton(provider => provider.GetRequiredService<TunnelClient>().Get<TService>());
        return this;
    }

    /// <summary>Serves a contract to the server. By default each call gets an implementation and a scope of its own, disposed when the call is over.</summary>
    public TunnelClientBuilder AddCallback<TService, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TImplementation>(
        ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TService : class, ITunnelService<TService>
        where TImplementation : class, TService
    {
        Services.AddSingleton(new CallbackRegistration(ServiceRegistrations.Create<TService, TImplementation>(Services, lifetime)));
        return this;
    }

    /// <summary>Serves a contract to the server with one instance, which must be thread-safe and is not disposed.</summary>
    public TunnelClientBuilder AddCallback<TService>(TService instance)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(instance);
        Services.AddSingleton(new CallbackRegistration(ServiceRegistrations.Create(instance)));
        return this;
    }

    /// <summary>
    /// Runs a filter around calls, of every contract: those that are served here, and those that are made from here. By
    /// default each call gets a filter of its own, from a scope of the call, disposed when the call is over; a singleton is shared by
    /// all calls, and must be thread-safe.
    /// </summary>
    /// <param name="order">A filter of less order runs outside those of more; of the same order, the one that was added first.</param>
    /// <param name="direction">Which calls it is for; null for those made and those served.</param>
    /// <param name="methods">Which methods it is for, asked once a method; null for all.</param>
    /// <param name="lifetime">How long a filter lives, unless it is among the services already.</param>
    public TunnelClientBuilder AddFilter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null, ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TFilter : class, ITunnelFilter
    {
        TunnelFilterRegistration registration = FilterRegistrations.Create<TFilter>(Services, order, direction, methods, lifetime);
        Services.Configure<TunnelClientOptions>(options => options.Filters.Add(registration));
        return this;
    }

    /// <summary>Runs a filter around the calls of one contract.</summary>
    /// <inheritdoc cref="AddFilter{TFilter}(int, TunnelCallDirection?, Func{TunnelMethod, bool}?, ServiceLifetime)"/>
    public TunnelClientBuilder AddFilter<TService, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null, ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TService : class, ITunnelService<TService>
        where TFilter : class, ITunnelFilter => AddFilter<TFilter>(order, direction, FilterRegistrations.ForService<TService>(methods), lifetime);

    /// <summary>Runs one instance around calls, which must be thread-safe and is not disposed.</summary>
    /// <inheritdoc cref="TunnelFilters.Add(ITunnelFilter, int, TunnelCallDirection?, Func{TunnelMethod, bool}?)"/>
    public TunnelClientBuilder AddFilter(ITunnelFilter filter, int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Services.Configure<TunnelClientOptions>(options => options.Filters.Add(filter, order, direction, methods));
        return this;
    }
}
