using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TunnelRpc.Client.Hosting;
using TunnelRpc.Hosting;

namespace TunnelRpc.Client;

/// <summary>Registers the contracts that a client calls and serves, and its filters. Not thread-safe.</summary>
public sealed class TunnelClientBuilder
{
    // There is one builder for each client, so this is the client's set of remote contracts.
    private readonly HashSet<Type> _remotes = [];

    internal TunnelClientBuilder(IServiceCollection services, string? name)
    {
        Services = services;
        Name = name;
    }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The client's name, which is also its service key; null for the unnamed client.</summary>
    public string? Name { get; }

    private string OptionsName => Name ?? Options.DefaultName;

    /// <summary>
    /// Registers a contract that the server serves: the application can inject it, as a singleton that is thread-safe. For a named client
    /// it is a keyed service, injected with <c>[FromKeyedServices("name")]</c>. Registering the same contract again at the same client has
    /// no effect.
    /// </summary>
    public TunnelClientBuilder AddRemote<TService>()
        where TService : class, ITunnelService<TService>
    {
        if (!_remotes.Add(typeof(TService)))
        {
            return this;
        }

        if (Name is null)
        {
            Services.AddSingleton(provider => provider.GetRequiredService<TunnelClient>().Get<TService>());
        }
        else
        {
            Services.AddKeyedSingleton(Name, (provider, key) => provider.GetRequiredKeyedService<TunnelClient>(key).Get<TService>());
        }

        return this;
    }

    /// <summary>
    /// Serves a contract to the server. By default each call gets an implementation of its own from a scope of its own, which is disposed
    /// when the call ends.
    /// </summary>
    /// <param name="lifetime">The lifetime of the implementation, unless it is registered in <see cref="Services"/> already.</param>
    /// <param name="options">Where the calls run; null for the options of the client.</param>
    /// <exception cref="ArgumentException">Both properties of <paramref name="options"/> are set.</exception>
    public TunnelClientBuilder AddCallback<
        TService, [DynamicallyAccessedMembers(ServiceRegistrations.ImplementationMembers)] TImplementation>(
        ServiceLifetime lifetime = ServiceLifetime.Scoped, TunnelCallbackOptions? options = null)
        where TService : class, ITunnelService<TService>
        where TImplementation : class, TService
    {
        Services.AddSingleton(new CallbackRegistration(
            Name, ServiceRegistrations.Create<TService, TImplementation>(Services, lifetime, options?.CreateScheduler())));
        return this;
    }

    /// <summary>
    /// Serves a contract to the server with one instance. The instance must be thread-safe; the client does not dispose it.
    /// </summary>
    /// <param name="instance">The implementation.</param>
    /// <param name="options">Where the calls run; null for the options of the client.</param>
    /// <exception cref="ArgumentException">Both properties of <paramref name="options"/> are set.</exception>
    public TunnelClientBuilder AddCallback<TService>(TService instance, TunnelCallbackOptions? options = null)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(instance);
        Services.AddSingleton(new CallbackRegistration(Name, ServiceRegistrations.Create(instance, options?.CreateScheduler())));
        return this;
    }

    /// <summary>
    /// Runs a filter around the calls of every contract, in both directions: calls that the client makes and calls that it serves. By
    /// default each call gets a filter of its own from the scope of the call, which is disposed when the call ends. All calls share a
    /// singleton filter, which must be thread-safe.
    /// </summary>
    /// <param name="order">
    /// A filter with a smaller order runs outside filters with a greater one. Among equal orders, the filter that was added first runs
    /// outside.
    /// </param>
    /// <param name="direction">The direction of the calls that the filter runs around; null for both.</param>
    /// <param name="methods">Selects the methods that the filter runs around; called once for each method. Null for all methods.</param>
    /// <param name="lifetime">The lifetime of the filter, unless it is registered in <see cref="Services"/> already.</param>
    public TunnelClientBuilder AddFilter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        int order = 0,
        TunnelCallDirection? direction = null,
        Func<TunnelMethod, bool>? methods = null,
        ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TFilter : class, ITunnelFilter
    {
        TunnelFilterRegistration registration = FilterRegistrations.Create<TFilter>(Services, order, direction, methods, lifetime);
        Services.Configure<TunnelClientOptions>(OptionsName, options => options.Filters.Add(registration));
        return this;
    }

    /// <summary>Runs a filter around the calls of one contract.</summary>
    /// <inheritdoc cref="AddFilter{TFilter}(int, TunnelCallDirection?, Func{TunnelMethod, bool}?, ServiceLifetime)"/>
    public TunnelClientBuilder AddFilter<TService, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>(
        int order = 0,
        TunnelCallDirection? direction = null,
        Func<TunnelMethod, bool>? methods = null,
        ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TService : class, ITunnelService<TService>
        where TFilter : class, ITunnelFilter =>
        AddFilter<TFilter>(order, direction, FilterRegistrations.ForService<TService>(methods), lifetime);

    /// <summary>Runs one filter instance around all calls. The instance must be thread-safe; the client does not dispose it.</summary>
    /// <inheritdoc cref="TunnelFilters.Add(ITunnelFilter, int, TunnelCallDirection?, Func{TunnelMethod, bool}?)"/>
    public TunnelClientBuilder AddFilter(
        ITunnelFilter filter, int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Services.Configure<TunnelClientOptions>(OptionsName, options => options.Filters.Add(filter, order, direction, methods));
        return this;
    }
}
