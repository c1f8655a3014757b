using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Accepts TCP connections and serves each until its peer disconnects.</summary>
internal abstract class SocketServer : ILoadServer
{
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    public Task<int[]> StartAsync(params IReadOnlyList<int> fixedPorts)
    {
        _listener = new TcpListener(IPAddress.Loopback, fixedPorts.ElementAtOrDefault(0));
        _listener.Start(backlog: 4096);
        _accepting = AcceptAsync(_listener);
        return Task.FromResult<int[]>([((IPEndPoint)_listener.LocalEndpoint).Port]);
    }

    public abstract Task<Figures> CallBackAsync(int concurrency, TimeSpan duration);

    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Serves one connection and disposes it.</summary>
    protected abstract Task ServeAsync(Socket socket);

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            Socket socket = await listener.AcceptSocketAsync();
            socket.NoDelay = true;
            _ = ServeAsync(socket);
        }
    }
}
