using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Accepts TCP connections and serves each until its peer disconnects.</summary>
internal abstract class SocketServer : ILoadServer
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private Task _accepting = Task.CompletedTask;

    public Task<int[]> StartAsync()
    {
        _listener.Start(backlog: 4096);
        _accepting = AcceptAsync();
        return Task.FromResult<int[]>([((IPEndPoint)_listener.LocalEndpoint).Port]);
    }

    public abstract Task<Figures> CallBackAsync(int concurrency, TimeSpan duration);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Serves one connection and disposes it.</summary>
    protected abstract Task ServeAsync(Socket socket);

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket = await _listener.AcceptSocketAsync();
            socket.NoDelay = true;
            _ = ServeAsync(socket);
        }
    }
}
