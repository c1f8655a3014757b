using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>Creates scopes of calls from the application's service provider. Thread-safe.</summary>
internal sealed class ApplicationServices(IServiceProvider application) : CallScopeFactory
{
    private readonly IServiceScopeFactory _scopes = application.GetRequiredService<IServiceScopeFactory>();

    public override IServiceProvider RootServices => application;

    public override IAsyncDisposable CreateScope(TunnelPeer? caller, out IServiceProvider services)
    {
        AsyncServiceScope scope = _scopes.CreateAsyncScope();
        services = scope.ServiceProvider;
        if (caller is not null)
        {
            services.GetRequiredService<ScopedCaller>().Peer = caller;
        }

        return scope;
    }
}
