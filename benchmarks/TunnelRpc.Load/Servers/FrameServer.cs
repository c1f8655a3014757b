using System.Net.Sockets;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Serves frames over TCP.</summary>
internal sealed class FrameServer(Func<Socket, FrameChannel> createChannel) : SocketServer
{
    private volatile FramePeer? _last;

    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        FramePeer peer = _last ?? throw new InvalidOperationException("Expected a connected client to call back, but there is none.");
        return CallLoop.RunAsync(() => peer.EchoAsync(Sample.One), concurrency, duration);
    }

    protected override async Task ServeAsync(Socket socket)
    {
        await using FrameChannel channel = createChannel(socket);
        var peer = new FramePeer(channel);
        _last = peer;
        await peer.RunAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
