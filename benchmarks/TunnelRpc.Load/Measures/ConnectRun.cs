using System.Diagnostics;
using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;
using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// How long it takes from a new client to its first answered call, with all transports in play, beside a plain GET over the same path,
/// each over connections of its own.
/// </summary>
internal sealed class ConnectRun(Uri server, RunSettings settings)
{
    public const string MeasureName = "connect";

    /// <summary>What one way takes on the paths that are late, as on a line across a continent.</summary>
    private static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(20);

    private static readonly FaultPersonality Line = FaultPersonalities.BytesOnly with
    {
        Up = [StreamFault.Latency(OneWay)],
        Down = [StreamFault.Latency(OneWay)],
    };

    public static double RoundTripMilliseconds => 2 * OneWay.TotalMilliseconds;

    public async Task<IReadOnlyList<ConnectFigures>> RunAsync()
    {
        var figures = new List<ConnectFigures> { await MeasureAsync("direct, loopback", server) };
        FaultPersonality[] personalities =
        [
            FaultPersonalities.Transparent,
            FaultPersonalities.OnlyWebSocket,
            FaultPersonalities.StripsUpgrade,
            FaultPersonalities.HoldsUploads with { Upgrades = UpgradeHandling.Strip },
            FaultPersonalities.BufferingReverseProxy with { Upgrades = UpgradeHandling.Strip },
        ];
        foreach (FaultPersonality personality in settings.Quick ? personalities[..1] : personalities)
        {
            // The line is a proxy of its own, which knows bytes only: where HTTP is understood, faults concern bodies and tunnels, and not heads.
            await using FaultProxy proxy = await FaultProxy.StartAsync(server, personality);
            await using FaultProxy line = await FaultProxy.StartAsync(proxy.Address, Line);
            figures.Add(await MeasureAsync($"{personality.Name}, {RoundTripMilliseconds:0} ms a round trip", new Uri(line.Address, server.AbsolutePath)));
        }

        return figures;
    }

    private int Rounds => settings.Quick ? 5 : 21;

    private async Task<ConnectFigures> MeasureAsync(string path, Uri address)
    {
        // The first of each pays for what is compiled and looked up once.
        await GetAsync(address);
        (_, string winner) = await ConnectAsync(address);
        double[] gets = new double[Rounds];
        double[] connects = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            gets[i] = await GetAsync(address);
            (connects[i], winner) = await ConnectAsync(address);
        }

        Array.Sort(gets);
        Array.Sort(connects);
        return new ConnectFigures(path, winner, gets[Rounds / 2], connects[Rounds / 2]);
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
