using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TunnelRpc.Hosting;

namespace TunnelRpc;

/// <summary>Adds the contracts that a server serves, and its filters. Not thread-safe.</summary>
public class TunnelServerBuilder
{
    internal TunnelServerBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Serves a contract to the clients. By default each call has its own dependency-injection scope with its own implementation; both are
    /// disposed when the call has ended. A singleton serves all calls and must be thread-safe.
    /// </summary>
    /// <typeparam name="TService">The contract.</typeparam>
    /// <typeparam name="TImplementation">
    /// The implementation. <see cref="ITunnelCaller{TCallback}"/> can be injected, except into a singleton.
    /// </typeparam>
    /// <param name="lifetime">
    /// The lifetime with which the implementation is added to the services, unless they have it already. With
    /// <see cref="ServiceLifetime.Singleton"/>, calls have no scope. Default scoped.
    /// </param>
    /// <returns>A builder that adds to the server, as this one, and can restrict the callers of the contract.</returns>
    public TunnelServiceBuilder AddService<
        TService,
        [DynamicallyAccessedMembers(ServiceRegistrations.ImplementationMembers)] TImplementation>(
        ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TService : class, ITunnelService<TService>
        where TImplementation : class, TService
    {
        return Add(ServiceRegistrations.Create<TService, TImplementation>(Services, lifetime));
    }

    /// <summary>
    /// Serves a contract to the clients with one instance for all calls. The instance must be thread-safe. The server does not dispose it.
    /// </summary>
    /// <typeparam name="TService">The contract.</typeparam>
    /// <param name="instance">The implementation.</param>
    /// <returns>A builder that adds to the server, as this one, and can restrict the callers of the contract.</returns>
    public TunnelServiceBuilder AddService<TService>(TService instance)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(instance);
        return Add(ServiceRegistrations.Create(instance));
    }

    /// <summary>
    /// Runs a filter around the calls of every contract. By default each call has its own filter, from the scope of the call; the filter is
    /// disposed when the call has ended. A singleton runs around all calls and must be thread-safe.
    /// </summary>
    /// <typeparam name="TFilter">The filter.</typeparam>
    /// <param name="order">
    /// The position: a filter of a lower order runs outside those of a higher one; within one order, the filter that was added first.
    /// </param>
    /// <param name="direction">
    /// The calls around which the filter runs: calls that the server serves or calls that it makes; null for both.
    /// </param>
    /// <param name="methods">Selects the methods; called once per method. Null selects all.</param>
    /// <param name="lifetime">The lifetime of the filter. Ignored if the services have the filter already. Default scoped.</param>
    /// <returns>This builder.</returns>
    public TunnelServerBuilder AddFilter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        int order = 0,
        TunnelCallDirection? direction = null,
        Func<TunnelMethod, bool>? methods = null,
        ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TFilter : class, ITunnelFilter
    {
        TunnelFilterRegistration registration = FilterRegistrations.Create<TFilter>(Services, order, direction, methods, lifetime);
        Services.Configure<TunnelServerOptions>(options => options.Filters.Add(registration));
        return this;
    }

    /// <summary>Runs a filter around the calls of one contract.</summary>
    /// <typeparam name="TService">The contract.</typeparam>
    /// <typeparam name="TFilter">The filter.</typeparam>
    /// <inheritdoc cref="AddFilter{TFilter}(int, TunnelCallDirection?, Func{TunnelMethod, bool}?, ServiceLifetime)"/>
    public TunnelServerBuilder AddFilter<TService, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        int order = 0,
        TunnelCallDirection? direction = null,
        Func<TunnelMethod, bool>? methods = null,
        ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TService : class, ITunnelService<TService>
        where TFilter : class, ITunnelFilter =>
        AddFilter<TFilter>(order, direction, FilterRegistrations.ForService<TService>(methods), lifetime);

    /// <summary>Runs one filter around all calls. The instance must be thread-safe. The server does not dispose it.</summary>
    /// <inheritdoc cref="TunnelFilters.Add(ITunnelFilter, int, TunnelCallDirection?, Func{TunnelMethod, bool}?)"/>
    public TunnelServerBuilder AddFilter(
        ITunnelFilter filter, int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Services.Configure<TunnelServerOptions>(options => options.Filters.Add(filter, order, direction, methods));
        return this;
    }

    /// <summary>
    /// Adds an observer of the sessions, as a singleton. Can be called several times; adding the same type twice has no effect.
    /// </summary>
    /// <typeparam name="TObserver">The observer. <see cref="ITunnelClients{TCallback}"/> can be injected.</typeparam>
    /// <returns>This builder.</returns>
    public TunnelServerBuilder AddSessionObserver<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>()
        where TObserver : class, ITunnelSessionObserver
    {
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<ITunnelSessionObserver, TObserver>());
        return this;
    }

    private TunnelServiceBuilder Add(ServiceRegistration registration)
    {
        Services.AddSingleton(registration);
        return new TunnelServiceBuilder(Services, registration);
    }
}
