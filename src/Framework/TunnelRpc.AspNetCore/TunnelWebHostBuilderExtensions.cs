using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TunnelRpc.AspNetCore.Buffers;

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
}
