using System.Diagnostics;
using TunnelRpc.Load.Clients;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// Cold starts: the time from the start of a server's process until it listens, the time from the start of a client's process until its
/// first reply, and the figures of both processes in their first 3 seconds.
/// </summary>
internal sealed class ColdStartMeasure : IStandaloneMeasure
{
    public const string Server = "start-server";
    public const string Client = "start-client";
    public const string Cold = "cold";

    /// <summary>This build of the program, which the JIT compiles while it runs.</summary>
    public const string JitCase = "jit";

    private static readonly string[] Systems = [SystemNames.RawTcp, SystemNames.TunnelRpc, SystemNames.Http];
    private static readonly TimeSpan InitialPeriod = TimeSpan.FromSeconds(3);

    public string Name => "start";

    public string? SkippedWhenQuick => "start: cold starts of servers and clients, and their first 3 s";

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        var measurements = new List<Measurement>();
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach ((string name, string? program) in Programs(settings))
            {
                foreach (string system in Systems)
                {
                    measurements.AddRange(await RunAsync(name, program, system, settings, cancellationToken));
                }
            }

            foreach (string system in settings.Peers ? SystemNames.Peers : [])
            {
                measurements.AddRange(await RunAsync(JitCase, PeerTarget.FindProgram(), system, settings, cancellationToken));
            }
        }

        return [.. measurements.GroupBy(m => (m.Measure, m.Case, m.System)).Select(Measurement.Median).OrderBy(m => m.Measure)];
    }

    private static async Task<IReadOnlyList<Measurement>> RunAsync(
        string name, string? program, string system, RunSettings settings, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TimeSpan duration = settings.Quick ? TimeSpan.Zero : InitialPeriod;
        long startTimestamp = Stopwatch.GetTimestamp();
        await using ServerProcess server = await ServerProcess.StartAsync(system, program);
        double listening = Stopwatch.GetElapsedTime(startTimestamp).TotalMilliseconds;
        (double firstReply, Figures? figures) =
            await ClientProcess.RunAsync(program, system, server.Ports[0], duration, cancellationToken);
        (string rowSystem, string transport) = system switch
        {
            SystemNames.TunnelRpc => (system, TunnelTarget.MainTransport),
            SystemNames.Http => (SystemNames.Http1, "http/1.1"),
            SystemNames.RawTcp => (system, "tcp"),
            _ => (system, PeerTarget.TransportOf(system)),
        };
        return
        [
            Row(Server, 1) with { Milliseconds = listening },
            Row(Client, 1) with { Milliseconds = firstReply },
            .. figures is null
                ? Array.Empty<Measurement>()
                : [Row(Cold, UnaryMeasure.DefaultConcurrency) with
                {
                    PerSecond = figures.PerSecond,
                    P50Micros = figures.P50Micros,
                    P99Micros = figures.P99Micros,
                }],
        ];

        Measurement Row(string measure, int concurrency) => new(rowSystem, transport, measure, concurrency) { Case = name };
    }

    /// <summary>Returns this program, and the program in each subdirectory of <see cref="RunSettings.Published"/>.</summary>
    private static IEnumerable<(string Case, string? Program)> Programs(RunSettings settings)
    {
        yield return (JitCase, null);
        foreach (DirectoryInfo directory in settings.Published?.GetDirectories() ?? [])
        {
            string program = Path.Combine(directory.FullName, typeof(ColdStartMeasure).Assembly.GetName().Name!);
            yield return File.Exists(program)
                ? (directory.Name, program)
                : throw new FileNotFoundException($"Expected a published program in {directory}, but {program} does not exist.");
        }
    }
}
