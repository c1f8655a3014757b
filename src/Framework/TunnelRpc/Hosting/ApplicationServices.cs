using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>The application's service provider.</summary>
internal sealed class ApplicationServices(IServiceProvider application) : CallServices
{
    private readonly IServiceScopeFactory _scopes = application.GetRequiredService<IServiceScopeFactory>();

    public override IServiceProvider Application => application;

    public override IAsyncDisposable CreateScope(TunnelPeer? caller, out IServiceProvider services)
    {
        AsyncServiceScope scope = _scopes.CreateAsyncScope();
        services = scope.ServiceProvider;
        if (caller is not null)
        {
            services.GetRequiredService<CallScope>().Peer = caller;
        }

        return scope;
    }
}
