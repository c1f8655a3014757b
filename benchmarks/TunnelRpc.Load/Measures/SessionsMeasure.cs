using System.Globalization;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// Many sessions on one server: the memory of an idle session, compared with an idle connection of plain HTTP, and the cost of a call when
/// there are many sessions.
/// </summary>
internal sealed class SessionsMeasure : IStandaloneMeasure
{
    public const string Idle = "idle";
    public const string Busy = "busy-one";
    public const string Spread = "spread";

    public string Name => "sessions";

    public string? SkippedWhenQuick => "sessions: memory and cost of 10,000 sessions on one server";

    /// <summary>Returns the case of a row with <paramref name="sessions"/> sessions.</summary>
    public static string CaseOf(int sessions) => string.Create(CultureInfo.InvariantCulture, $"{sessions:N0} sessions");

    /// <summary>The largest number of sessions.</summary>
    public static int MaxSessions(RunSettings settings) => settings.Quick ? 1_000 : 10_000;

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        int maxSessions = MaxSessions(settings);
        var rows = new List<Measurement>();
        await using (ServerProcess plain = await ServerProcess.StartAsync(SystemNames.Http))
        {
            rows.Add(new Measurement(SystemNames.Http1, "keep-alive", Idle, 0)
            {
                Case = CaseOf(maxSessions),
                KibibytesPerConnection = await PlainConnections.MeasureAsync(plain, maxSessions, cancellationToken),
            });
        }

        await using ServerProcess server = await ServerProcess.StartAsync(SystemNames.TunnelRpc);
        await using var sessions = new SessionSet(server.Ports[0]);
        await sessions.WarmUpAsync(settings.WarmUp);
        double before = await server.MemoryAsync();
        var measurements = new List<Measurement>();
        foreach (int count in (int[])[1, 100, maxSessions])
        {
            await sessions.GrowAsync(count, cancellationToken);
            if (count == maxSessions)
            {
                double kibibytes = (await server.MemoryAsync() - before) / 1024 / maxSessions;
                rows.Add(new Measurement(SystemNames.TunnelRpc, TunnelTarget.MainTransport, Idle, 0)
                {
                    Case = CaseOf(count),
                    KibibytesPerConnection = kibibytes,
                });
            }

            for (int round = 0; round < settings.Rounds; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                measurements.Add(await CallAsync(
                    server, Busy, count, UnaryMeasure.DefaultConcurrency, _ => sessions.OneSessionCaller(), settings));
                measurements.Add(await CallAsync(
                    server,
                    Spread,
                    count,
                    Math.Min(count, UnaryMeasure.DefaultConcurrency),
                    worker => sessions.RoundRobinCaller(worker, UnaryMeasure.DefaultConcurrency),
                    settings));
            }
        }

        return [.. rows, .. measurements.GroupBy(m => (m.Measure, m.Case)).Select(Measurement.Median).OrderBy(m => m.Measure)];
    }

    private static async Task<Measurement> CallAsync(
        ServerProcess server,
        string measure,
        int sessions,
        int concurrency,
        Func<int, Func<ValueTask<Sample>>> callOf,
        RunSettings settings)
    {
        Measurement row = await ResourceMeter.RunAsync(server, async () =>
        {
            Figures figures = await CallLoop.RunAsync(callOf, concurrency, settings.Duration);
            return ResourceMeter.Row(SystemNames.TunnelRpc, TunnelTarget.MainTransport, measure, concurrency, figures);
        });
        return row with { Case = CaseOf(sessions) };
    }
}
