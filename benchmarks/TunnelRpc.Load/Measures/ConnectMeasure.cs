using System.Diagnostics;
using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;
using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// The time from a new client to its first completed call, with all transports enabled, compared with a plain GET over the same path. Each
/// run uses new connections.
/// </summary>
internal sealed class ConnectMeasure : IStandaloneMeasure
{
    private const string MeasureName = "connect";

    /// <summary>The one-way delay of the delayed paths, as on a line across a continent.</summary>
    private static readonly TimeSpan OneWayDelay = TimeSpan.FromMilliseconds(20);

    private static readonly FaultProfile DelayedPath = FaultProfiles.TcpOnly with
    {
        Up = [StreamFault.Latency(OneWayDelay)],
        Down = [StreamFault.Latency(OneWayDelay)],
    };

    public string Name => MeasureName;

    public string? SkippedWhenQuick => null;

    private static double RoundTripMilliseconds => 2 * OneWayDelay.TotalMilliseconds;

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        await using ServerProcess process = await ServerProcess.StartAsync(SystemNames.TunnelRpc);
        Uri server = TunnelTarget.AddressOf(process.Ports[0]);
        int rounds = settings.Quick ? 5 : 21;
        var rows = new List<Measurement>();
        rows.AddRange(await MeasureAsync("direct, loopback", server, rounds));
        FaultProfile[] profiles =
        [
            FaultProfiles.Transparent,
            FaultProfiles.OnlyWebSocket,
            FaultProfiles.StripsUpgrade,
            FaultProfiles.BuffersUploads with { Upgrades = UpgradeHandling.Strip },
            FaultProfiles.BufferingReverseProxy with { Upgrades = UpgradeHandling.Strip },
        ];
        foreach (FaultProfile profile in settings.Quick ? profiles[..1] : profiles)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // The delay is added by a second proxy that forwards bytes: the faults of a proxy that parses HTTP apply to bodies and tunnels,
            // and not to request and response headers.
            await using FaultProxy proxy = await FaultProxy.StartAsync(server, profile);
            await using FaultProxy line = await FaultProxy.StartAsync(proxy.Address, DelayedPath);
            var address = new Uri(line.Address, server.AbsolutePath);
            rows.AddRange(await MeasureAsync($"{profile.Name}, {RoundTripMilliseconds:0} ms round trip", address, rounds));
        }

        return rows;
    }

    private static async Task<IReadOnlyList<Measurement>> MeasureAsync(string path, Uri address, int rounds)
    {
        // The first run of each is not counted, since it includes JIT compilation and one-time look-ups.
        await GetAsync(address);
        (_, string winner) = await ConnectAsync(address);
        double[] gets = new double[rounds];
        double[] connects = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            gets[i] = await GetAsync(address);
            (connects[i], winner) = await ConnectAsync(address);
        }

        Array.Sort(gets);
        Array.Sort(connects);
        return
        [
            new Measurement(SystemNames.Http1, "plain GET", MeasureName, 1) { Case = path, Milliseconds = gets[rounds / 2] },
            new Measurement(SystemNames.TunnelRpc, winner, MeasureName, 1) { Case = path, Milliseconds = connects[rounds / 2] },
        ];
    }

    private static async Task<double> GetAsync(Uri address)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(address);
        return Stopwatch.GetElapsedTime(startTimestamp).TotalMilliseconds;
    }

    private static async Task<(double Milliseconds, string Winner)> ConnectAsync(Uri address)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        await using TunnelClient client =
            await TunnelClient.ConnectAsync(address, options => options.Serve<ILoadService>(new LoadService()));
        await client.Get<ILoadService>().EchoAsync(Sample.One);
        return (Stopwatch.GetElapsedTime(startTimestamp).TotalMilliseconds, client.Report!.Winner!.Transport);
    }
}
