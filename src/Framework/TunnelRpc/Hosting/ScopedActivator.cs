using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>Runs each call on an implementation from a scope of its own.</summary>
internal sealed class ScopedActivator<TService, TImplementation>(IServiceScopeFactory scopes) : ServiceActivator<TService>
    where TService : class
    where TImplementation : class, TService
{
    public override TService Activate(InboundCall call, out IAsyncDisposable? scope)
    {
        AsyncServiceScope made = scopes.CreateAsyncScope();
        scope = made;
        made.ServiceProvider.GetRequiredService<CallScope>().Peer = call.Peer;
        return made.ServiceProvider.GetRequiredService<TImplementation>();
    }
}
