using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>Runs every call on the application's one implementation, made at the first call.</summary>
internal sealed class SingletonActivator<TService, TImplementation>(IServiceProvider application) : ServiceActivator<TService>(typeof(TImplementation))
    where TService : class
    where TImplementation : class, TService
{
    private TImplementation? _instance;

    public override TService Resolve(IncomingCall call, IServiceProvider? services) => _instance ??= application.GetRequiredService<TImplementation>();
}
