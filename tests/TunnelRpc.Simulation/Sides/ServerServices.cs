using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Hosting;

namespace TunnelRpc.Simulation.Sides;

/// <summary>The little of a service provider that a server asks for: a container would compile itself on the worker, for longer than a run takes.</summary>
internal sealed class ServerServices(params ServiceRegistration[] registrations) : IServiceProvider, IServiceScopeFactory, IServiceScope
{
    public IServiceProvider ServiceProvider => this;

    public object? GetService(Type serviceType) =>
        serviceType == typeof(IEnumerable<ServiceRegistration>) ? registrations
        : serviceType == typeof(IServiceScopeFactory) ? this
        : null;

    public IServiceScope CreateScope() => this;

    public void Dispose()
    {
        // Nothing is made here.
    }
}
