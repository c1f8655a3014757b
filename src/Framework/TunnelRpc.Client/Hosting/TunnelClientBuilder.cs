using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Hosting;

namespace TunnelRpc.Client.Hosting;

/// <summary>Says what a client calls and what it serves.</summary>
public sealed class TunnelClientBuilder
{
    internal TunnelClientBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Makes a contract of the server injectable: its stub is a singleton and thread-safe.</summary>
    public TunnelClientBuilder AddService<TService>()
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
}
