using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>Runs each call on an implementation from its own dependency-injection scope. Thread-safe.</summary>
internal sealed class ScopedActivator<TService, TImplementation>(CallScopeFactory application)
    : ServiceActivator<TService>(typeof(TImplementation))
    where TService : class
    where TImplementation : class, TService
{
    public override IAsyncDisposable? CreateScope(IncomingCall call, out IServiceProvider? services)
    {
        IAsyncDisposable scope = application.CreateScope(call.Peer, out IServiceProvider scopedServices);
        services = scopedServices;
        return scope;
    }

    public override TService Resolve(IncomingCall call, IServiceProvider? services) => services!.GetRequiredService<TImplementation>();
}
