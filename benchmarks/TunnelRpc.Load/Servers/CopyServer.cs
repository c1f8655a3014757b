using System.Net.Sockets;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Copies bytes: sends as many as it is asked for, or takes as many as it is told of.</summary>
internal sealed class CopyServer : SocketServer
{
    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) => throw new NotSupportedException("A copy has no calls.");

    protected override async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        await CopyProtocol.ServeAsync(stream).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
