using System.Diagnostics;
using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;
using TunnelRpc.Transports;

namespace TunnelRpc.Load.Targets;

/// <summary>TunnelRpc over one transport.</summary>
internal sealed class TunnelTarget : LoadTarget
{
    /// <summary>The transport for which all measures run.</summary>
    public const string MainTransport = "upgrade";

    // These transports use the second port of the server.
    private static readonly string[] Http2Transports = ["extended-connect", "http2-post"];

    private readonly TunnelClient _client;

    private TunnelTarget(ServerProcess server, string transport, TunnelClient client)
        : base(SystemNames.TunnelRpc, transport, server)
    {
        _client = client;
        Service = client.Get<ILoadService>();
    }

    /// <summary>All transports that do not require a proxy.</summary>
    public static IEnumerable<string> Transports => HttpTransports.Default.Select(t => t.Name).Where(name => name != "connect");

    public override Capabilities Supported =>
        Capabilities.Calls | Capabilities.CallBacks
        | Capabilities.ItemsDown | Capabilities.ItemsUp | Capabilities.ItemsBoth
        | Capabilities.Bulk;

    public override TargetRank Rank => Transport == MainTransport ? TargetRank.Main : TargetRank.Compared;

    public ILoadService Service { get; }

    public static async Task<LoadTarget> StartAsync(string transport, PathSettings? path)
    {
        ServerProcess server = await ServerProcess.StartAsync(SystemNames.TunnelRpc, path);
        int port = server.Ports[Http2Transports.Contains(transport) ? 1 : 0];
        return new TunnelTarget(server, transport, await ConnectAsync(port, transport));
    }

    /// <summary>Returns the address of the tunnel of a server.</summary>
    public static Uri AddressOf(int port) => new($"http://127.0.0.1:{port}{TunnelLoadServer.Path}");

    /// <summary>Connects a client that uses only <paramref name="transport"/>.</summary>
    public static Task<TunnelClient> ConnectAsync(int port, string transport) =>
        TunnelClient.ConnectAsync(AddressOf(port), options =>
        {
            ITransport only = HttpTransports.Default.Single(t => t.Name == transport);
            options.Transports.Clear();
            options.Transports.Add(only);
            options.Serve<ILoadService>(new LoadService());
        });

    public override ValueTask<Sample> EchoAsync() => Service.EchoAsync(Sample.One);

    public override Task<StreamFigures> DownloadItemsAsync(TimeSpan duration) =>
        CountAsync(Service.DownloadItemsAsync((int)duration.TotalMilliseconds));

    public override async Task<StreamFigures> UploadItemsAsync(TimeSpan duration)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        long items = await Task.Run(() => Service.UploadItemsAsync(Items.For(duration)));
        return new StreamFigures(items, Stopwatch.GetElapsedTime(startTimestamp));
    }

    public override Task<StreamFigures> EchoItemsAsync(TimeSpan duration) => CountAsync(Service.EchoItemsAsync(Items.For(duration)));

    public override Task UploadBytesAsync() => Task.Run(() => Service.UploadAsync(Blocks.Of(Blocks.Count, Blocks.Size)));

    public override Task DownloadBytesAsync() => Task.Run(async () =>
    {
        await foreach (byte[] block in Service.DownloadAsync(Blocks.Count, Blocks.Size))
        {
            // The blocks are only consumed.
        }
    });

    protected override ValueTask DisconnectAsync() => _client.DisposeAsync();

    private static Task<StreamFigures> CountAsync(IAsyncEnumerable<Sample> items) => Task.Run(async () =>
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        long count = 0;
        await foreach (Sample item in items)
        {
            count++;
        }

        return new StreamFigures(count, Stopwatch.GetElapsedTime(startTimestamp));
    });
}
