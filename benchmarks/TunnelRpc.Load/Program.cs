using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using TunnelRpc.Load;
using TunnelRpc.Transports.Upgrade;

var quick = new Option<bool>("--quick") { Description = "Short rounds: under 50 s in all." };
var json = new Option<FileInfo?>("--json") { Description = "Also write the measurements to this file, as a JSON array." };
var serve = new Option<string?>("--serve") { Description = "Run as the server of a system; for the program itself.", Hidden = true };
var root = new RootCommand("Measures TunnelRpc beside a raw framed-TCP echo: server and client in separate processes, one connection, interleaved rounds, medians.") { quick, json, serve };
root.SetAction(async arguments =>
{
    if (arguments.GetValue(serve) is { } system)
    {
        await ServerHalf.RunAsync(system);
        return 0;
    }

    LoadRun run = arguments.GetValue(quick)
        ? new LoadRun(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(3), rounds: 3)
        : new LoadRun(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(6), rounds: 5);
    await using LoadTarget raw = await LoadTarget.StartRawAsync();
    await using LoadTarget tunnel = await LoadTarget.StartTunnelAsync(new UpgradeTransport());
    IReadOnlyList<Measurement> measurements = await run.RunAsync([raw, tunnel]);
    Print(measurements);
    PrintConnects(await new ConnectRun(tunnel.Address!, rounds: arguments.GetValue(quick) ? 7 : 21).RunAsync());
    bool urgentCallsPass = UrgentCallsPass(measurements);
    if (arguments.GetValue(json) is { } file)
    {
        await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(measurements, new JsonSerializerOptions
        {
            WriteIndented = true,
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        }));
    }

    return urgentCallsPass ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();

static void PrintConnects(IReadOnlyList<ConnectFigures> figures)
{
    Console.WriteLine();
    Console.WriteLine($"{"path",-48} {"winner",-15} {"plain GET ms",13} {"first call ms",14} {"round trips",12}");
    foreach (ConnectFigures f in figures)
    {
        string trips = f.Path.EndsWith("round trip", StringComparison.Ordinal) ? $"{f.FirstCallMilliseconds / ConnectRun.RoundTripMilliseconds:F1}" : "";
        Console.WriteLine($"{f.Path,-48} {f.Winner,-15} {f.GetMilliseconds,13:F1} {f.FirstCallMilliseconds,14:F1} {trips,12}");
    }
}

// A call of high priority is to take at most five times as long beside bulk as it does alone.
static bool UrgentCallsPass(IReadOnlyList<Measurement> measurements)
{
    const double Most = 5;
    double alone = measurements.Single(m => m.Measure == "urgent").P50Micros;
    bool pass = true;
    foreach (Measurement beside in measurements.Where(m => m.Measure.StartsWith("beside", StringComparison.Ordinal)))
    {
        double ratio = beside.P50Micros / alone;
        pass &= ratio <= Most;
        Console.WriteLine($"{beside.Measure}: a call of high priority beside 100 MB, which go at {beside.BulkMegabytesPerSecond:F0} MB/s, takes {ratio:F1} times as long as alone (median; at most {Most}): {(ratio <= Most ? "holds" : "does not hold")}.");
    }

    return pass;
}

static void Print(IReadOnlyList<Measurement> measurements)
{
    Console.WriteLine($"{"system",-10} {"transport",-10} {"measure",-9} {"at once",8} {"calls/s",12} {"/ raw",6} {"p50 µs",9} {"p99 µs",9} {"B client",9} {"B server",9}");
    foreach (Measurement m in measurements.OrderBy(m => m.Measure switch { "unary" => 0, "callback" => 1, _ => 2 }).ThenBy(m => m.Concurrency).ThenBy(m => m.System))
    {
        Measurement? limit = measurements.FirstOrDefault(r => r.System == "raw-tcp" && r.Concurrency == m.Concurrency && m.Measure is "unary" or "callback");
        string ratio = limit is null ? "" : $"{m.PerSecond / limit.PerSecond:F2}";
        Console.WriteLine(
            $"{m.System,-10} {m.Transport,-10} {m.Measure,-9} {m.Concurrency,8:N0} {m.PerSecond,12:N0} {ratio,6} {m.P50Micros,9:F1} {m.P99Micros,9:F1} {m.AllocatedBytesClient,9:F0} {m.AllocatedBytesServer,9:F0}");
    }
}
