using System.Diagnostics;
using TunnelRpc.Load.Clients;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// Cold starts: from the start of a server's process until it listens, from that of a client's until its first reply, and what both reach in
/// their first seconds.
/// </summary>
internal sealed class ColdStartMeasure : IStandaloneMeasure
{
    public const string Server = "start-server";
    public const string Client = "start-client";
    public const string Cold = "cold";

    /// <summary>As this program runs, which is compiled as it goes.</summary>
    public const string JitCase = "jit";

    private static readonly string[] Systems = [SystemNames.RawTcp, SystemNames.TunnelRpc, SystemNames.Http];
    private static readonly TimeSpan InitialPeriod = TimeSpan.FromSeconds(3);

    public string Name => "start";

    public string? SkippedWhenQuick => "start: cold starts of servers and clients, and their first 3 s";

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        var taken = new List<Measurement>();
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach ((string name, string? program) in Programs(settings))
            {
                foreach (string system in Systems)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    taken.AddRange(await RunAsync(name, program, system, settings.Quick ? TimeSpan.Zero : InitialPeriod, cancellationToken));
                }
            }
        }

        return [.. taken.GroupBy(m => (m.Measure, m.Case, m.System)).Select(Measurement.Median).OrderBy(m => m.Measure)];
    }

    private static async Task<IReadOnlyList<Measurement>> RunAsync(string name, string? program, string system, TimeSpan first, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        await using ServerProcess server = await ServerProcess.StartAsync(system, program);
        double listens = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        (double firstReply, Figures? reached) = await ClientProcess.RunAsync(program, system, server.Ports[0], first, cancellationToken);
        (string rowSystem, string transport) = system switch
        {
            SystemNames.TunnelRpc => (system, TunnelTarget.MainTransport),
            SystemNames.Http => (SystemNames.Http1, "http/1.1"),
            _ => (system, "tcp"),
        };
        return
        [
            Row(Server, 1) with { Milliseconds = listens },
            Row(Client, 1) with { Milliseconds = firstReply },
            .. reached is null ? Array.Empty<Measurement>() : [Row(Cold, UnaryMeasure.DefaultConcurrency) with { PerSecond = reached.PerSecond, P50Micros = reached.P50Micros, P99Micros = reached.P99Micros }],
        ];

        Measurement Row(string measure, int concurrency) => new(rowSystem, transport, measure, concurrency) { Case = name };
    }

    /// <summary>This program, and one in each directory of those that were published.</summary>
    private static IEnumerable<(string Case, string? Program)> Programs(RunSettings settings)
    {
        yield return (JitCase, null);
        foreach (DirectoryInfo directory in settings.Published?.GetDirectories() ?? [])
        {
            string program = Path.Combine(directory.FullName, typeof(ColdStartMeasure).Assembly.GetName().Name!);
            yield return File.Exists(program) ? (directory.Name, program) : throw new FileNotFoundException($"Expected a published program in {directory}, there is no {program}.");
        }
    }
}
