using System.Net.Sockets;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Serves <see cref="CopyProtocol"/>: sends or receives the requested number of bytes.</summary>
internal sealed class CopyServer : SocketServer
{
    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) =>
        throw new NotSupportedException("The server of raw-copy has no calls.");

    protected override async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        await CopyProtocol.ServeAsync(stream).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
