using System.Net;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Sessions;

namespace TunnelRpc.Load.Targets;

/// <summary>Frames over TCP, directly or through a session.</summary>
internal sealed class FrameTarget : LoadTarget
{
    private readonly FrameChannel _channel;
    private readonly FramePeer _peer;
    private readonly Task _reading;

    private FrameTarget(string system, ServerProcess server, FrameChannel channel, Capabilities supported)
        : base(system, "tcp", server)
    {
        _channel = channel;
        _peer = new FramePeer(channel);
        _reading = _peer.RunAsync();
        Supported = supported;
    }

    public override Capabilities Supported { get; }

    public static async Task<LoadTarget> StartRawAsync(PathSettings? path)
    {
        ServerProcess server = await ServerProcess.StartAsync(SystemNames.RawTcp, path);
        return new FrameTarget(
            SystemNames.RawTcp,
            server,
            await RawChannel.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Ports[0])),
            Capabilities.Calls | Capabilities.CallBacks | Capabilities.ItemsDown | Capabilities.ItemsUp | Capabilities.ItemsBoth);
    }

    public static async Task<LoadTarget> StartSessionAsync(PathSettings? path)
    {
        ServerProcess server = await ServerProcess.StartAsync(SystemNames.RawSession, path);

        // Without ItemsBoth: the reader of a session cannot wait for capacity, so it cannot send items back.
        return new FrameTarget(
            SystemNames.RawSession,
            server,
            await SessionChannel.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Ports[0])),
            Capabilities.Calls | Capabilities.CallBacks | Capabilities.ItemsDown | Capabilities.ItemsUp);
    }

    public override ValueTask<Sample> EchoAsync() => _peer.EchoAsync(Sample.One);

    public override Task<StreamFigures> DownloadItemsAsync(TimeSpan duration) => _peer.DownloadItemsAsync(duration);

    public override Task<StreamFigures> UploadItemsAsync(TimeSpan duration) => _peer.UploadItemsAsync(duration);

    public override Task<StreamFigures> EchoItemsAsync(TimeSpan duration) => _peer.EchoItemsAsync(duration);

    protected override async ValueTask DisconnectAsync()
    {
        await _channel.DisposeAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
