using System.Globalization;

namespace TunnelRpc.Gateway.Load;

/// <summary>The measurements: requests direct, through nginx and through the gateway; the memory of idle origins. Without state.</summary>
internal static class Measures
{
    private const int IdleOrigins = 1_000;

    /// <summary>Measures, and prints a table.</summary>
    /// <param name="time">The length of each measurement.</param>
    public static async Task<int> RunAsync(TimeSpan time)
    {
        await using Child app = await Child.StartAsync("--app");
        await using Child relay = await Child.StartAsync("--relay");
        await using Child origin = await Child.StartAsync("--origin", relay.Ready, app.Ready, "1");
        await using NginxProcess? nginx = await NginxProcess.StartAsync(new Uri(app.Ready));
        (string Name, Uri? Address)[] paths =
        [
            ("direct", new Uri(app.Ready)),
            ("nginx", nginx?.Address),
            ("gateway", new Uri(new Uri(relay.Ready), "/apps/app0/")),
        ];
        Console.WriteLine("| path | at once | requests/s | median | 99 % |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (int concurrency in (int[])[1, 128])
        {
            foreach ((string name, Uri? address) in paths)
            {
                if (address is null)
                {
                    Console.WriteLine($"| {name} | {concurrency} | not installed | | |");
                    continue;
                }

                LoadResult result = await LoadResult.MeasureAsync(address, concurrency, time);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {concurrency} | {result.PerSecond:N0} | {result.Median.TotalMilliseconds:0.00} ms "
                    + $"| {result.Percentile99.TotalMilliseconds:0.00} ms |"));
            }
        }

        await MeasureMemoryAsync(app.Ready);
        return 0;
    }

    private static async Task MeasureMemoryAsync(string app)
    {
        await using Child relay = await Child.StartAsync("--relay");
        await using (Child warm = await Child.StartAsync("--origin", relay.Ready, app, "1"))
        {
        }

        long before = relay.Memory;
        await using Child origins = await Child.StartAsync(
            "--origin", relay.Ready, app, IdleOrigins.ToString(CultureInfo.InvariantCulture));
        long each = (relay.Memory - before) / IdleOrigins;
        Console.WriteLine();
        Console.WriteLine($"Memory of the relay for each of {IdleOrigins} idle origins (resident set): {each / 1024} KiB");
    }
}
