using System.Diagnostics;
using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;
using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// How long it takes from a new client to its first answered call, with all transports in play, beside a plain GET over the same path,
/// each over connections of its own.
/// </summary>
internal sealed class ConnectMeasure : IStandaloneMeasure
{
    private const string MeasureName = "connect";

    /// <summary>What one way takes on the paths that are late, as on a line across a continent.</summary>
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
        FaultProfile[] personalities =
        [
            FaultProfiles.Transparent,
            FaultProfiles.OnlyWebSocket,
            FaultProfiles.StripsUpgrade,
            FaultProfiles.BuffersUploads with { Upgrades = UpgradeHandling.Strip },
            FaultProfiles.BufferingReverseProxy with { Upgrades = UpgradeHandling.Strip },
        ];
        foreach (FaultProfile personality in settings.Quick ? personalities[..1] : personalities)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // The line is a proxy of its own, which knows bytes only: where HTTP is understood, faults concern bodies and tunnels, and not heads.
            await using FaultProxy proxy = await FaultProxy.StartAsync(server, personality);
            await using FaultProxy line = await FaultProxy.StartAsync(proxy.Address, DelayedPath);
            rows.AddRange(await MeasureAsync($"{personality.Name}, {RoundTripMilliseconds:0} ms a round trip", new Uri(line.Address, server.AbsolutePath), rounds));
        }

        return rows;
    }

    private static async Task<IReadOnlyList<Measurement>> MeasureAsync(string path, Uri address, int rounds)
    {
        // The first of each pays for what is compiled and looked up once.
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
        long began = Stopwatch.GetTimestamp();
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(address);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static async Task<(double Milliseconds, string Winner)> ConnectAsync(Uri address)
    {
        long began = Stopwatch.GetTimestamp();
        await using TunnelClient client = await TunnelClient.ConnectAsync(address, options => options.Serve<ILoadService>(new LoadService()));
        await client.Get<ILoadService>().EchoAsync(Sample.One);
        return (Stopwatch.GetElapsedTime(began).TotalMilliseconds, client.Report!.Winner!.Transport);
    }
}
