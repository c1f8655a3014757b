using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TunnelRpc.AspNetCore;
using TunnelRpc.Transports;
using TunnelRpc;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the tunnel server to a path.</summary>
public static class TunnelEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves tunnels under <paramref name="path"/>: every transport lives below this one. Conventions such as
    /// RequireAuthorization apply to every exchange. Mapped at several paths, it keeps the sessions of each to that one.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The path, for instance "/tunnel"; what clients have as their address.</param>
    /// <param name="acceptors">The transports to answer; the package's own when not given.</param>
    /// <exception cref="InvalidOperationException">AddTunnelRpc was not called.</exception>
    public static IEndpointConventionBuilder MapTunnelRpc(
        this IEndpointRouteBuilder endpoints, string path, IReadOnlyList<ITransportAcceptor>? acceptors = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(path);
        TunnelServer server = endpoints.ServiceProvider.GetService<TunnelServer>()
            ?? throw new InvalidOperationException("MapTunnelRpc needs the services that AddTunnelRpc adds: call builder.Services.AddTunnelRpc() first.");
        endpoints.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => _ = server.StopAsync());
        var endpoint = new TunnelRequestHandler(
            server,
            path.TrimEnd('/'),
            acceptors ?? HttpTransports.CreateAcceptors(server.Options.TimeProvider),
            endpoints.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("TunnelRpc.AspNetCore"));
        string pattern = path.TrimEnd('/') + "/{**" + TunnelRequestHandler.SubPathParameter + "}";
        return endpoints.Map(pattern, endpoint.HandleAsync).WithDisplayName($"TunnelRpc {path}");
    }
}
