using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Hosting;

namespace TunnelRpc.Simulation.Sides;

/// <summary>
/// A service provider with only the services that a server resolves. A container would compile its factories on the worker, which takes
/// longer than a run.
/// </summary>
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
        // This provider creates no objects.
    }
}
