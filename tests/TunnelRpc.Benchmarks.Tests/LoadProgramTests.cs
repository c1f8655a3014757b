using System.Text.Json;

namespace TunnelRpc.Benchmarks.Tests;

/// <summary>
/// Starts the load program. The runs are too short for meaningful figures, so the tests check only that all figures exist.
/// </summary>
public sealed class LoadProgramTests
{
    private static readonly string[] Short = ["--quick", "--rounds", "1", "--seconds", "0.1", "--transport", "upgrade"];

    [Fact]
    public async Task Quick_run_prints_and_writes_the_rows_of_every_system()
    {
        string file = Path.GetTempFileName();
        try
        {
            LoadRunResult run = await LoadRunResult.RunAsync(
            [
                .. Short, "--only", "unary,callback,stream-down,stream-up,stream-both,bulk-down,bulk-up",
                "--system", "raw-tcp,raw-session,raw-upgrade,raw-copy,tunnelrpc,http1,http2", "--concurrency", "128", "--json", file,
            ]);

            run.ExitCode.ShouldBe(0, run.Error);
            JsonElement[] rows = [.. JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement.EnumerateArray()];
            foreach (string system in (string[])["raw-tcp", "raw-session", "raw-upgrade", "tunnelrpc", "http1", "http2"])
            {
                JsonElement unary = RowOf(rows, system, "unary");
                unary.GetProperty("concurrency").GetInt32().ShouldBe(128);
                unary.GetProperty("perSecond").GetDouble().ShouldBeGreaterThan(0);
                unary.GetProperty("p99Micros").GetDouble().ShouldBeGreaterThanOrEqualTo(unary.GetProperty("p50Micros").GetDouble());
                foreach (string field in (string[])["allocatedBytesClient", "allocatedBytesServer", "cpuMicrosClient", "cpuMicrosServer"])
                {
                    unary.GetProperty(field).GetDouble().ShouldBeGreaterThan(0, field);
                }
            }

            // A quick run measures only the calls of http1, http2 and raw-upgrade.
            foreach (string system in (string[])["raw-tcp", "tunnelrpc"])
            {
                foreach (string stream in (string[])["stream-down", "stream-up", "stream-both"])
                {
                    RowOf(rows, system, stream).GetProperty("perSecond").GetDouble().ShouldBeGreaterThan(0);
                }
            }

            foreach (string system in (string[])["raw-copy", "tunnelrpc"])
            {
                RowOf(rows, system, "bulk-down").GetProperty("megabytesPerSecond").GetDouble().ShouldBeGreaterThan(0);
                RowOf(rows, system, "bulk-up").GetProperty("megabytesPerSecond").GetDouble().ShouldBeGreaterThan(0);
            }

            run.Output.ShouldContain("unary, 128 concurrent, to raw-tcp");
            run.Output.Split('\n').Count(line => line.StartsWith("tunnelrpc", StringComparison.Ordinal))
                .ShouldBe(rows.Count(r => r.GetProperty("system").GetString() == "tunnelrpc"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Peers_are_measured_in_the_same_run()
    {
        string[] peers = ["tunnelrpc-plain", "grpc", "signalr", "streamjsonrpc"];
        string file = Path.GetTempFileName();
        try
        {
            LoadRunResult run = await LoadRunResult.RunAsync(
            [
                .. Short, "--only", "unary,callback,stream-down,stream-up,bulk-down,bulk-up",
                "--system", $"tunnelrpc,{string.Join(',', peers)}", "--concurrency", "128", "--json", file,
            ]);

            run.ExitCode.ShouldBe(0, run.Error);
            JsonElement[] rows = [.. JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement.EnumerateArray()];
            foreach (string system in (string[])["tunnelrpc", .. peers])
            {
                foreach (string measure in (string[])["unary", "stream-down", "stream-up"])
                {
                    JsonElement row = RowOf(rows, system, measure);
                    row.GetProperty("perSecond").GetDouble().ShouldBeGreaterThan(0, $"{system} {measure}");
                    row.GetProperty("allocatedBytesClient").GetDouble().ShouldBeGreaterThan(0, $"{system} {measure}");
                }

                RowOf(rows, system, "bulk-down").GetProperty("megabytesPerSecond").GetDouble().ShouldBeGreaterThan(0);
                RowOf(rows, system, "bulk-up").GetProperty("megabytesPerSecond").GetDouble().ShouldBeGreaterThan(0);
            }

            // gRPC has no calls from the server to its client.
            rows.Where(row => row.GetProperty("measure").GetString() == "callback").Select(row => row.GetProperty("system").GetString())
                .ShouldBe(["tunnelrpc", "tunnelrpc-plain", "signalr", "streamjsonrpc"], ignoreOrder: true);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Cold_start_of_every_system_takes_longer_than_10_ms()
    {
        string file = Path.GetTempFileName();
        try
        {
            LoadRunResult run = await LoadRunResult.RunAsync("--quick", "--rounds", "1", "--only", "start", "--json", file);

            run.ExitCode.ShouldBe(0, run.Error);
            JsonElement[] rows = [.. JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement.EnumerateArray()];
            foreach (string system in (string[])["raw-tcp", "tunnelrpc", "http1"])
            {
                // No .NET process starts faster.
                RowOf(rows, system, "start-server").GetProperty("milliseconds").GetDouble().ShouldBeGreaterThan(10);
                RowOf(rows, system, "start-client").GetProperty("milliseconds").GetDouble().ShouldBeGreaterThan(10);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("--only", "unary,unery", "unery", "stream-down")]
    [InlineData("--system", "raw", "raw", "raw-tcp")]
    [InlineData("--transport", "carrier-pigeon", "carrier-pigeon", "upgrade")]
    public async Task Option_with_unknown_name_is_refused_with_the_known_names(string option, string value, string unknown, string known)
    {
        LoadRunResult run = await LoadRunResult.RunAsync(option, value);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"got '{unknown}'");
        run.Error.ShouldContain(known);
    }

    private static JsonElement RowOf(JsonElement[] rows, string system, string measure) =>
        rows.Single(r => r.GetProperty("system").GetString() == system && r.GetProperty("measure").GetString() == measure);
}
