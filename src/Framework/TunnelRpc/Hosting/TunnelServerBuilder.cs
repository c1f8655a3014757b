using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace TunnelRpc.Hosting;

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
}
