using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Hosting;

namespace TunnelRpc.Load;

/// <summary>What runs in the child process: prints its port, then answers each line of input with the bytes allocated so far; ends with its input.</summary>
internal static class ServerHalf
{
    public static async Task RunAsync(string system)
    {
        if (system == "raw-tcp")
        {
            await RunRawAsync();
        }
        else
        {
            await RunTunnelAsync();
        }
    }

    private static async Task RunTunnelAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        TunnelServerBuilder tunnel = builder.Services.AddTunnelRpc();
        ITunnelClients<ILoadService> clients = null!;
        tunnel.AddService<ILoadService>(new LoadService(() => clients.Session(clients.SessionIds.Single())));
        await using WebApplication app = builder.Build();
        clients = app.Services.GetRequiredService<ITunnelClients<ILoadService>>();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        Announce(new Uri(app.Urls.First()).Port);
        await app.StopAsync();
    }

    private static async Task RunRawAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener);
        Announce(((IPEndPoint)listener.LocalEndpoint).Port);
        listener.Stop();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task ServeAsync(TcpListener listener)
    {
        using Socket socket = await listener.AcceptSocketAsync();
        socket.NoDelay = true;
        using var server = new RawServer(socket);
        await server.ReadAsync();
    }

    private static void Announce(int port)
    {
        Console.WriteLine(port.ToString(CultureInfo.InvariantCulture));
        while (Console.ReadLine() is not null)
        {
            Console.WriteLine(GC.GetTotalAllocatedBytes(precise: false).ToString(CultureInfo.InvariantCulture));
        }
    }
}
