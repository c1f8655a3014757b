using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Reporting;

/// <summary>What is aimed at, as ratios within one run's rows.</summary>
internal sealed class GoalList(IReadOnlyList<Measurement> rows)
{
    private const string Main = TunnelTarget.MainTransport;

    public IEnumerable<Goal> All() => [.. Calls(), .. Streams(), .. Costs(), .. Transports(), .. Starts(), .. Sessions()];

    private IEnumerable<Goal> Calls()
    {
        foreach (int concurrency in (int[])[16, UnaryMeasure.DefaultConcurrency, 1024])
        {
            yield return new Goal($"unary, {concurrency:N0} at once, to raw-tcp", Ratio(Tunnel(UnaryMeasure.MeasureName, concurrency), Raw(UnaryMeasure.MeasureName, concurrency), Rate), 0.9, true);
        }

        yield return new Goal("unary alone, p50, to raw-tcp", Ratio(Tunnel(UnaryMeasure.MeasureName, 1), Raw(UnaryMeasure.MeasureName, 1), m => m.P50Micros), 1.1, false);
        yield return new Goal("callbacks to unary", Ratio(Tunnel(CallbackMeasure.MeasureName, UnaryMeasure.DefaultConcurrency), Tunnel(UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency), Rate), 0.9, true);
    }

    private IEnumerable<Goal> Streams()
    {
        foreach (string stream in (string[])[StreamMeasure.Down, StreamMeasure.Up, StreamMeasure.Both])
        {
            yield return new Goal($"{stream} to raw-tcp", Ratio(Tunnel(stream, 1), Raw(stream, 1), Rate), 0.8, true);
        }

        foreach (string bulk in (string[])[BulkMeasure.Down, BulkMeasure.Up])
        {
            yield return new Goal($"{bulk} to raw-copy", Ratio(Tunnel(bulk, 1), Find(SystemNames.RawCopy, "tcp", bulk, 1), m => m.MegabytesPerSecond), 0.8, true);
        }
    }

    private IEnumerable<Goal> Costs()
    {
        Measurement? tunnel = Tunnel(UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency);
        Measurement? raw = Raw(UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency);

        // What raw-tcp allocates is the user's: the object and its string. A byte is what counting leaves open.
        yield return new Goal("bytes allocated a call above raw-tcp, client", tunnel?.AllocatedBytesClient - raw?.AllocatedBytesClient, 1, false, "bytes");
        yield return new Goal("bytes allocated a call above raw-tcp, server", tunnel?.AllocatedBytesServer - raw?.AllocatedBytesServer, 1, false, "bytes");
        yield return new Goal("CPU a call, both sides, to raw-tcp", Ratio(tunnel, raw, m => m.CpuMicrosClient + m.CpuMicrosServer), 1.3, false);
        yield return new Goal("TCP segments a call", tunnel?.Segments, 0.03, false, "");
        foreach (int concurrency in (int[])[16, UnaryMeasure.DefaultConcurrency, 1024])
        {
            Measurement? session = Find(SystemNames.RawSession, "tcp", UnaryMeasure.MeasureName, concurrency);
            yield return new Goal($"the session layer alone, {concurrency:N0} at once, to raw-tcp", Ratio(session, Raw(UnaryMeasure.MeasureName, concurrency), Rate), 0.95, true);
        }
    }

    private IEnumerable<Goal> Transports()
    {
        foreach ((string transport, double least) in ((string, double)[])[("two-connection", 0.6), ("reverse-http", 0.6), ("websocket", 0.7)])
        {
            Measurement? other = Find(SystemNames.TunnelRpc, transport, UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency);
            yield return new Goal($"{transport}, {UnaryMeasure.DefaultConcurrency} at once, to {Main}", Ratio(other, Tunnel(UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency), Rate), least, true);
        }
    }

    private IEnumerable<Goal> Starts()
    {
        foreach (Measurement start in rows.Where(m => m.System == SystemNames.TunnelRpc && m.Measure is ColdStartMeasure.Server or ColdStartMeasure.Client))
        {
            Measurement? raw = rows.FirstOrDefault(m => m.System == SystemNames.RawTcp && m.Measure == start.Measure && m.Case == start.Case);
            yield return new Goal($"{start.Measure}, {start.Case}, to raw-tcp", Ratio(start, raw, m => m.Milliseconds), 1.2, false);
        }
    }

    private IEnumerable<Goal> Sessions()
    {
        double? plain = rows.FirstOrDefault(m => m.Measure == SessionsMeasure.Idle && m.System == SystemNames.Http1)?.KibibytesPerConnection;
        double? session = rows.FirstOrDefault(m => m.Measure == SessionsMeasure.Idle && m.System == SystemNames.TunnelRpc)?.KibibytesPerConnection;
        yield return new Goal("an idle session above an idle connection of plain HTTP", session - plain, 8, false, "KiB");

        // Sessions share no write, so many of them are compared with a hundred, and one among many with one alone.
        yield return new Goal("a call's CPU on the server, one session among many idle ones", Flatness(SessionsMeasure.Busy, first: 0), 1.15, false);
        yield return new Goal("a call's CPU on the server, spread over many and a hundred", Flatness(SessionsMeasure.Spread, first: 1), 1.15, false);
    }

    private double? Flatness(string measure, int first)
    {
        Measurement[] all = [.. rows.Where(m => m.Measure == measure)];
        return all.Length > first ? Ratio(all[^1], all[first], m => m.CpuMicrosServer) : null;
    }

    private Measurement? Tunnel(string measure, int concurrency) => Find(SystemNames.TunnelRpc, Main, measure, concurrency);

    private Measurement? Raw(string measure, int concurrency) => Find(SystemNames.RawTcp, "tcp", measure, concurrency);

    private Measurement? Find(string system, string transport, string measure, int concurrency) =>
        rows.FirstOrDefault(m => m.System == system && m.Transport == transport && m.Measure == measure && m.Concurrency == concurrency);

    private static double? Rate(Measurement row) => row.PerSecond;

    private static double? Ratio(Measurement? row, Measurement? other, Func<Measurement, double?> field) =>
        row is null || other is null ? null : field(row) / field(other);
}
