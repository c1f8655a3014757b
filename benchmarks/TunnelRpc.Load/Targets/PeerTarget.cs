using System.Globalization;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>
/// Another RPC framework, or TunnelRpc as README teaches it. Server and client are processes of the program TunnelRpc.Load.Peers, so that
/// this program needs none of their packages.
/// </summary>
internal sealed class PeerTarget : LoadTarget
{
    private const string ProgramName = "TunnelRpc.Load.Peers";

    private readonly PeerClientProcess _client;

    private PeerTarget(string system, string transport, ServerProcess server, PeerClientProcess client)
        : base(system, transport, server) => _client = client;

    public override Capabilities Supported =>
        Capabilities.Calls | Capabilities.ItemsDown | Capabilities.ItemsUp | Capabilities.Bulk
        | (System == SystemNames.Grpc ? Capabilities.None : Capabilities.CallBacks);

    public static async Task<LoadTarget> StartAsync(string system, PathSettings? path)
    {
        string program = FindProgram();
        ServerProcess server = await ServerProcess.StartAsync(system, path, program);
        return new PeerTarget(system, TransportOf(system), server, await PeerClientProcess.StartAsync(program, system, server.Ports[0]));
    }

    /// <summary>Returns what carries the calls of a peer.</summary>
    public static string TransportOf(string system) => system switch
    {
        SystemNames.Grpc => "h2c",
        SystemNames.SignalR => "websocket",
        SystemNames.StreamJsonRpc => "tcp",
        _ => TunnelTarget.MainTransport,
    };

    /// <summary>Returns the path of the program of the peers: beside this program, or in the output of its own project.</summary>
    /// <exception cref="FileNotFoundException">It is not built.</exception>
    public static string FindProgram()
    {
        string own = typeof(PeerTarget).Assembly.GetName().Name!;
        string[] folders =
        [
            AppContext.BaseDirectory,
            AppContext.BaseDirectory.Replace(
                Path.Combine("benchmarks", own, "bin"), Path.Combine("benchmarks", ProgramName, "bin"), StringComparison.Ordinal),
        ];
        string file = OperatingSystem.IsWindows() ? $"{ProgramName}.exe" : ProgramName;
        return folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists) ?? throw new FileNotFoundException(
            $"Expected the program of the peers in {string.Join(" or ", folders)}, found none. Build it in the same configuration: "
            + $"dotnet build benchmarks/{ProgramName} -c Release.");
    }

    public override Task<Figures> CallAsync(int concurrency, TimeSpan duration) => _client.SendAsync(
        string.Create(CultureInfo.InvariantCulture, $"{PeerCommands.Call} {concurrency} {duration.TotalMilliseconds:0}"),
        ControlJson.Default.Figures);

    public override Task<Usage> ClientUsageAsync() => _client.SendAsync(PeerCommands.Usage, ControlJson.Default.Usage);

    public override Task<StreamFigures> DownloadItemsAsync(TimeSpan duration) => SendItemsAsync(PeerCommands.DownloadItems, duration);

    public override Task<StreamFigures> UploadItemsAsync(TimeSpan duration) => SendItemsAsync(PeerCommands.UploadItems, duration);

    public override Task DownloadBytesAsync() => _client.SendAsync(PeerCommands.DownloadBytes);

    public override Task UploadBytesAsync() => _client.SendAsync(PeerCommands.UploadBytes);

    protected override ValueTask DisconnectAsync() => _client.DisposeAsync();

    private Task<StreamFigures> SendItemsAsync(string command, TimeSpan duration) => _client.SendAsync(
        string.Create(CultureInfo.InvariantCulture, $"{command} {duration.TotalMilliseconds:0}"), ControlJson.Default.StreamFigures);
}
