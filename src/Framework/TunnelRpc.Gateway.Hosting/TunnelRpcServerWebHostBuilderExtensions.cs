using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TunnelRpc.Gateway.Hosting;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serves an ASP.NET Core application through a TunnelRpc gateway.</summary>
public static class TunnelRpcServerWebHostBuilderExtensions
{
    /// <summary>
    /// Replaces Kestrel by a server without a socket: the host opens a tunnel to a gateway, claims a name there, and answers the requests
    /// for it. The gateway is an application that calls AddTunnelGateway, MapTunnelRpc and MapTunnelGateway. URLs of the configuration have
    /// no effect; IServerAddressesFeature (app.Urls) has the public addresses.
    /// </summary>
    /// <param name="builder">The web host.</param>
    /// <param name="name">The name to claim: a DNS label in lower case, 1 to 63 letters, digits and hyphens.</param>
    /// <param name="configure">Sets the options; the address of the tunnel is required.</param>
    /// <returns>The builder.</returns>
    /// <remarks>
    /// The name and the options are validated when the host starts. Calling it again replaces the name, and configures the same options
    /// further.
    /// </remarks>
    public static IWebHostBuilder UseTunnelRpcServer(
        this IWebHostBuilder builder, string name, Action<TunnelRpcServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.ConfigureServices(services =>
        {
            services.AddOptions();
            services.Configure<TunnelRpcServerOptions>(options =>
            {
                options.Name = name;
                configure?.Invoke(options);
            });
            services.RemoveAll<IServer>();
            services.AddSingleton<IServer, TunnelRpcServer>();
        });
    }
}
