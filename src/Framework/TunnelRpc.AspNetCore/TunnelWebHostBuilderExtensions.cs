using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TunnelRpc.AspNetCore.Buffers;
using TunnelRpc.AspNetCore.Connections;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Configures a web host for tunnels with high throughput.</summary>
public static class TunnelWebHostBuilderExtensions
{
    private const int MinBlockSize = 4096;
    private const int MaxBlockSize = 1024 * 1024;

    /// <summary>
    /// Makes Kestrel read from and write to its connections in blocks of <paramref name="blockSize"/> bytes. Kestrel's own blocks have
    /// 4 KiB, so that it takes several reads to receive a larger message or many small calls that arrive together. A busy connection uses
    /// one or two blocks, with HTTP/2 each of its busy streams does; an idle one uses none.
    /// </summary>
    /// <remarks>
    /// Applies to all connections of the application, not only to tunnels: it replaces the <see cref="IMemoryPoolFactory{T}"/> of the
    /// services. A factory that is registered later replaces this one.
    /// </remarks>
    /// <param name="builder">The web host.</param>
    /// <param name="blockSize">The size of a block in bytes, from 4 KiB to 1 MiB. Default 64 KiB.</param>
    /// <returns>The web host.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="blockSize"/> is out of range.</exception>
    public static IWebHostBuilder UseTunnelRpcBuffers(this IWebHostBuilder builder, int blockSize = 64 * 1024)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, MinBlockSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockSize, MaxBlockSize);
        var factory = new BlockPoolFactory(blockSize, TimeProvider.System);
        return builder.ConfigureServices(services => services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>>(factory)));
    }

    /// <summary>
    /// Makes Kestrel accept only as many connections as the process has file descriptors for, at the same time and at all its endpoints.
    /// Further clients wait in the backlog of the operating system until a connection is closed. Without it, a client that opens
    /// connections faster than Kestrel can refuse them takes all descriptors, and a .NET process without descriptors cannot load
    /// assemblies: it may end, or fail all later requests.
    /// </summary>
    /// <remarks>
    /// Applies to all connections of the application, not only to tunnels. Call it after UseKestrel and ConfigureKestrel;
    /// WebApplication.CreateBuilder has called them. Other limits of connections still apply.
    /// </remarks>
    /// <param name="builder">The web host.</param>
    /// <param name="maxConnections">
    /// The number of connections, 1 or more. Null, the default, for three quarters of the descriptors of the process (on Linux the limit of
    /// <c>ulimit -n</c>; no limit on other platforms), less those that are open at the start.
    /// </param>
    /// <returns>The web host.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConnections"/> is below 1.</exception>
    public static IWebHostBuilder UseTunnelRpcConnectionLimit(this IWebHostBuilder builder, int? maxConnections = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (maxConnections is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(maxConnections));
        }

        return builder.ConfigureServices(services =>
        {
            if (services.Any(s => s.ServiceType == typeof(ConnectionSlots)))
            {
                return;
            }

            services.AddSingleton(_ => new ConnectionSlots(maxConnections));
            for (int i = 0; i < services.Count; i++)
            {
                if (services[i].ServiceType == typeof(IConnectionListenerFactory))
                {
                    services[i] = Limit(services[i]);
                }
            }
        });
    }

    private static ServiceDescriptor Limit(ServiceDescriptor listeners) => ServiceDescriptor.Singleton<IConnectionListenerFactory>(
        services => new LimitedListenerFactory(
            (IConnectionListenerFactory)(listeners.ImplementationInstance
                ?? listeners.ImplementationFactory?.Invoke(services)
                ?? ActivatorUtilities.CreateInstance(services, listeners.ImplementationType!)),
            services.GetRequiredService<ConnectionSlots>()));
}
