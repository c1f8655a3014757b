using System.Net;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Targets;

/// <summary>The limit of the platform: the same frames and the same bytes over connections that were upgraded from HTTP.</summary>
internal sealed class UpgradeTarget : LoadTarget
{
    private readonly HttpMessageInvoker _http;
    private readonly StreamChannel _channel;
    private readonly Stream _bytes;
    private readonly FramePeer _peer;
    private readonly Task _reading;

    private UpgradeTarget(ServerProcess server, HttpMessageInvoker http, Stream frames, Stream bytes)
        : base(SystemNames.RawUpgrade, "upgrade", server)
    {
        _http = http;
        _channel = new StreamChannel(frames);
        _bytes = bytes;
        _peer = new FramePeer(_channel);
        _reading = _peer.RunAsync();
    }

    public override Capabilities Supported =>
        Capabilities.Calls | Capabilities.CallBacks
        | Capabilities.ItemsDown | Capabilities.ItemsUp | Capabilities.ItemsBoth
        | Capabilities.Bulk;

    public override TargetRank Rank => TargetRank.MainUnlessQuick;

    public static async Task<LoadTarget> StartAsync(PathSettings? path)
    {
        ServerProcess server = await ServerProcess.StartAsync(SystemNames.RawUpgrade, path);
        var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        return new UpgradeTarget(
            server,
            http,
            await OpenAsync(http, server.Ports[0], UpgradeServer.Frames),
            await OpenAsync(http, server.Ports[0], UpgradeServer.Bytes));
    }

    public override ValueTask<Sample> EchoAsync() => _peer.EchoAsync(Sample.One);

    public override Task<StreamFigures> DownloadItemsAsync(TimeSpan duration) => _peer.DownloadItemsAsync(duration);

    public override Task<StreamFigures> UploadItemsAsync(TimeSpan duration) => _peer.UploadItemsAsync(duration);

    public override Task<StreamFigures> EchoItemsAsync(TimeSpan duration) => _peer.EchoItemsAsync(duration);

    public override Task DownloadBytesAsync() => CopyProtocol.DownloadAsync(_bytes, Blocks.Bytes);

    public override Task UploadBytesAsync() => CopyProtocol.UploadAsync(_bytes, Blocks.Bytes);

    protected override async ValueTask DisconnectAsync()
    {
        await _channel.DisposeAsync();
        await _bytes.DisposeAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
    }

    private static async Task<Stream> OpenAsync(HttpMessageInvoker http, int port, string protocol)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/{protocol}");
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", protocol);
        HttpResponseMessage response = await http.SendAsync(request, CancellationToken.None);
        return response.StatusCode == HttpStatusCode.SwitchingProtocols
            ? await response.Content.ReadAsStreamAsync()
            : throw new InvalidOperationException($"Expected status 101 (Switching Protocols), got {response.StatusCode}.");
    }
}
