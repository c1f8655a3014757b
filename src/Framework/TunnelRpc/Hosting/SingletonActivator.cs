using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>Runs every call on the application's singleton, which is resolved at the first call. Thread-safe.</summary>
internal sealed class SingletonActivator<TService, TImplementation>(IServiceProvider application)
    : ServiceActivator<TService>(typeof(TImplementation))
    where TService : class
    where TImplementation : class, TService
{
    // Resolved at the first call. Concurrent first calls resolve the same singleton.
    private TImplementation? _instance;

    public override TService Resolve(IncomingCall call, IServiceProvider? services) =>
        _instance ??= application.GetRequiredService<TImplementation>();
}
