using System.Text.Json;

namespace TunnelRpc.Benchmarks.Tests;

/// <summary>The load program, as it is started: figures of a run as short as these say nothing, but all must be there.</summary>
public sealed class LoadProgramTests
{
    private static readonly string[] Short = ["--quick", "--rounds", "1", "--seconds", "0.1", "--transport", "upgrade"];

    [Fact]
    public async Task Calls_streams_and_bulk_are_measured_beside_the_limits_printed_and_written()
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

            // A quick run compares the platform's own by their calls only.
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

            run.Output.ShouldContain("unary, 128 at once, to raw-tcp");
            run.Output.Split('\n').Count(line => line.StartsWith("tunnelrpc", StringComparison.Ordinal)).ShouldBe(rows.Count(r => r.GetProperty("system").GetString() == "tunnelrpc"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Cold_starts_are_measured_from_the_start_of_the_process()
    {
        string file = Path.GetTempFileName();
        try
        {
            LoadRunResult run = await LoadRunResult.RunAsync("--quick", "--rounds", "1", "--only", "start", "--json", file);

            run.ExitCode.ShouldBe(0, run.Error);
            JsonElement[] rows = [.. JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement.EnumerateArray()];
            foreach (string system in (string[])["raw-tcp", "tunnelrpc", "http1"])
            {
                // No process of .NET is up in less.
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
    public async Task A_name_that_is_none_is_refused_with_those_that_are(string option, string given, string wrong, string known)
    {
        LoadRunResult run = await LoadRunResult.RunAsync(option, given);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"got '{wrong}'");
        run.Error.ShouldContain(known);
    }

    private static JsonElement RowOf(JsonElement[] rows, string system, string measure) =>
        rows.Single(r => r.GetProperty("system").GetString() == system && r.GetProperty("measure").GetString() == measure);
}
