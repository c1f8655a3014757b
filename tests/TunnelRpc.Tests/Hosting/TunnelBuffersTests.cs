using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Hosting;

/// <summary>The block size of Kestrel.</summary>
public sealed class TunnelBuffersTests
{
    private const int Sent = 100_000;

    [Theory]
    [InlineData(null, 4096)]
    [InlineData(16 * 1024, 16 * 1024)]
    [InlineData(64 * 1024, 64 * 1024)]
    public async Task Kestrel_reads_in_blocks_of_the_configured_size(int? given, int expected)
    {
        var read = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Action<IWebHostBuilder> configure = given is int size ? host => host.UseTunnelRpcBuffers(size) : _ => { };
        await using WebApplication server = await StartAsync(configure, async connection =>
        {
            ReadResult all = await connection.Transport.Input.ReadAtLeastAsync(Sent);
            int largest = 0;
            foreach (ReadOnlyMemory<byte> segment in all.Buffer)
            {
                largest = Math.Max(largest, segment.Length);
            }

            read.SetResult(all.Buffer.Length == Sent ? largest : -1);
        });

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(server.Urls.Single()).Port);
        await client.GetStream().WriteAsync(new byte[Sent]);

        // Kestrel appends to a partly filled block while at least half of 4 KiB is free in it.
        (await read.Task.DefaultTimeout()).ShouldBeInRange(expected - 2047, expected);
    }

    [Fact]
    public async Task Memory_pool_factory_registered_later_replaces_the_buffers()
    {
        await using WebApplication server = await StartAsync(
            host => host.UseTunnelRpcBuffers()
                .ConfigureServices(services => services.AddSingleton<IMemoryPoolFactory<byte>>(new SharedPoolFactory())),
            _ => Task.CompletedTask);

        server.Services.GetRequiredService<IMemoryPoolFactory<byte>>().ShouldBeOfType<SharedPoolFactory>();
    }

    [Theory]
    [InlineData(4095)]
    [InlineData((1024 * 1024) + 1)]
    public void Block_size_out_of_range_throws(int size) =>
        Should.Throw<ArgumentOutOfRangeException>(() => WebApplication.CreateSlimBuilder().WebHost.UseTunnelRpcBuffers(size));

    private static async Task<WebApplication> StartAsync(Action<IWebHostBuilder> configure, Func<ConnectionContext, Task> serve)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        configure(builder.WebHost);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Run(serve)));
        WebApplication application = builder.Build();
        await application.StartAsync();
        return application;
    }

    private sealed class SharedPoolFactory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => MemoryPool<byte>.Shared;
    }
}
