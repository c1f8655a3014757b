using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TunnelRpc.AspNetCore.Buffers;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Prepares a web host for tunnels that carry much.</summary>
public static class TunnelWebHostBuilderExtensions
{
    private const int MinBlockSize = 4096;
    private const int MaxBlockSize = 1024 * 1024;

    /// <summary>
    /// Lets Kestrel read from and write to its connections in blocks of <paramref name="blockSize"/> bytes. Its own are of 4 KiB, so whatever is
    /// larger, and many small calls that come together, takes several reads. A busy connection holds a block or two, with HTTP/2 each busy stream of it; an idle one none.
    /// </summary>
    /// <remarks>
    /// Counts for all connections of the application, not just for tunnels: it replaces the <see cref="IMemoryPoolFactory{T}"/> of its services. One
    /// that is registered later wins.
    /// </remarks>
    /// <param name="builder">The web host.</param>
    /// <param name="blockSize">The size of a block in bytes, 4 KiB to 1 MiB.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="blockSize"/> is out of range.</exception>
    public static IWebHostBuilder UseTunnelRpcBuffers(this IWebHostBuilder builder, int blockSize = 64 * 1024)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, MinBlockSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockSize, MaxBlockSize);
        return builder.ConfigureServices(services => services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>>(new BlockPoolFactory(blockSize, TimeProvider.System))));
    }
}
