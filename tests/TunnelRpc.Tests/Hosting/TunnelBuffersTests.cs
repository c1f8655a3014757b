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

/// <summary>Kestrel, in the blocks that it is told to use.</summary>
public sealed class TunnelBuffersTests
{
    private const int Sent = 100_000;

    [Theory]
    [InlineData(null, 4096)]
    [InlineData(16 * 1024, 16 * 1024)]
    [InlineData(64 * 1024, 64 * 1024)]
    public async Task A_server_reads_in_blocks_of_the_size_that_it_is_given(int? given, int expected)
    {
        var read = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebApplication server = await StartAsync(given is int size ? host => host.UseTunnelRpcBuffers(size) : _ => { }, async connection =>
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

        // What the network cuts in pieces is appended to, while there is half of 4 KiB left.
        (await read.Task.DefaultTimeout()).ShouldBeInRange(expected - 2047, expected);
    }

    [Fact]
    public async Task A_factory_of_the_application_that_comes_later_wins()
    {
        await using WebApplication server = await StartAsync(
            host => host.UseTunnelRpcBuffers().ConfigureServices(services => services.AddSingleton<IMemoryPoolFactory<byte>>(new SharedPoolFactory())),
            _ => Task.CompletedTask);

        server.Services.GetRequiredService<IMemoryPoolFactory<byte>>().ShouldBeOfType<SharedPoolFactory>();
    }

    [Theory]
    [InlineData(4095)]
    [InlineData((1024 * 1024) + 1)]
    public void A_size_that_is_none_is_refused(int size) =>
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
