using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Reporting;

/// <summary>The targets. Most are ratios between rows of the same run.</summary>
internal sealed class GoalList(IReadOnlyList<Measurement> rows)
{
    private const string Main = TunnelTarget.MainTransport;

    public IEnumerable<Goal> All() =>
        [.. Calls(), .. Streams(), .. Costs(), .. Transports(), .. Starts(), .. Sessions(), .. LargeMessages()];

    private IEnumerable<Goal> Calls()
    {
        foreach (int concurrency in (int[])[16, UnaryMeasure.DefaultConcurrency, 1024])
        {
            double? ratio = Ratio(Tunnel(UnaryMeasure.MeasureName, concurrency), Raw(UnaryMeasure.MeasureName, concurrency), Rate);
            yield return new Goal($"unary, {concurrency:N0} concurrent, to raw-tcp", ratio, 0.9, true);
        }

        double? latency = Ratio(Tunnel(UnaryMeasure.MeasureName, 1), Raw(UnaryMeasure.MeasureName, 1), m => m.P50Micros);
        yield return new Goal("unary, a call alone, p50, to raw-tcp", latency, 1.1, false);
        Measurement? callbacks = Tunnel(CallbackMeasure.MeasureName, UnaryMeasure.DefaultConcurrency);
        Measurement? calls = Tunnel(UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency);
        yield return new Goal("callbacks, to unary", Ratio(callbacks, calls, Rate), 0.9, true);
    }

    private IEnumerable<Goal> Streams()
    {
        foreach (string stream in (string[])[StreamMeasure.Down, StreamMeasure.Up, StreamMeasure.Both])
        {
            yield return new Goal($"{stream}, to raw-tcp", Ratio(Tunnel(stream, 1), Raw(stream, 1), Rate), 0.8, true);
        }

        foreach (string bulk in (string[])[BulkMeasure.Down, BulkMeasure.Up])
        {
            double? ratio = Ratio(Tunnel(bulk, 1), Find(SystemNames.RawCopy, "tcp", bulk, 1), m => m.MegabytesPerSecond);
            yield return new Goal($"{bulk}, to raw-copy", ratio, 0.8, true);
        }
    }

    private IEnumerable<Goal> Costs()
    {
        Measurement? tunnel = Tunnel(UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency);
        Measurement? raw = Raw(UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency);

        // The allocations of raw-tcp belong to the application: the object and its string. One byte is the tolerance of the counters.
        double? clientBytes = tunnel?.AllocatedBytesClient - raw?.AllocatedBytesClient;
        double? serverBytes = tunnel?.AllocatedBytesServer - raw?.AllocatedBytesServer;
        yield return new Goal("bytes allocated per call above raw-tcp, client", clientBytes, 1, false, "bytes");
        yield return new Goal("bytes allocated per call above raw-tcp, server", serverBytes, 1, false, "bytes");
        double? processorTime = Ratio(tunnel, raw, m => m.CpuMicrosClient + m.CpuMicrosServer);
        yield return new Goal("CPU per call, both sides, to raw-tcp", processorTime, 1.3, false);
        yield return new Goal("TCP segments per call", tunnel?.Segments, 0.03, false, "");
        foreach (int concurrency in (int[])[16, UnaryMeasure.DefaultConcurrency, 1024])
        {
            Measurement? session = Find(SystemNames.RawSession, "tcp", UnaryMeasure.MeasureName, concurrency);
            double? ratio = Ratio(session, Raw(UnaryMeasure.MeasureName, concurrency), Rate);
            yield return new Goal($"the session layer alone, {concurrency:N0} concurrent, to raw-tcp", ratio, 0.95, true);
        }
    }

    private IEnumerable<Goal> Transports()
    {
        (string, double)[] minimums = [("two-connection", 0.6), ("reverse-http", 0.6), ("websocket", 0.7)];
        foreach ((string transport, double minimum) in minimums)
        {
            Measurement? other = Find(SystemNames.TunnelRpc, transport, UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency);
            double? ratio = Ratio(other, Tunnel(UnaryMeasure.MeasureName, UnaryMeasure.DefaultConcurrency), Rate);
            yield return new Goal($"{transport}, {UnaryMeasure.DefaultConcurrency} concurrent, to {Main}", ratio, minimum, true);
        }
    }

    private IEnumerable<Goal> Starts()
    {
        foreach (Measurement start in rows.Where(
            m => m.System == SystemNames.TunnelRpc && m.Measure is ColdStartMeasure.Server or ColdStartMeasure.Client))
        {
            Measurement? raw = rows.FirstOrDefault(
                m => m.System == SystemNames.RawTcp && m.Measure == start.Measure && m.Case == start.Case);
            yield return new Goal($"{start.Measure}, {start.Case}, to raw-tcp", Ratio(start, raw, m => m.Milliseconds), 1.2, false);
        }
    }

    private IEnumerable<Goal> Sessions()
    {
        double? plain = IdleKibibytes(SystemNames.Http1);
        double? session = IdleKibibytes(SystemNames.TunnelRpc);
        yield return new Goal("memory of an idle session above an idle HTTP connection", session - plain, 8, false, "KiB");

        // Different sessions do not share writes. Calls spread over many sessions are therefore compared with calls spread over 100
        // sessions, and calls on one session among many idle ones with calls on one session alone.
        double? busy = Flatness(SessionsMeasure.Busy, first: 0);
        double? spread = Flatness(SessionsMeasure.Spread, first: 1);
        yield return new Goal("server CPU per call, one session among many, to one alone", busy, 1.15, false);
        yield return new Goal("server CPU per call, spread over many sessions, to over 100", spread, 1.15, false);
    }

    private IEnumerable<Goal> LargeMessages()
    {
        Measurement[] all = [.. rows.Where(m => m.System == SystemNames.TunnelRpc && m.Transport == Main)];
        Measurement? alone = all.FirstOrDefault(m => m.Measure == LargeMessagesMeasure.Small);
        foreach (Measurement beside in all.Where(m => m.Measure == LargeMessagesMeasure.SmallBeside))
        {
            yield return new Goal($"small call beside {beside.Case}, p50, to alone", Ratio(beside, alone, m => m.P50Micros), 5, false);
        }

        double? peak = all.Where(m => m.Measure == LargeMessagesMeasure.Large)
            .SelectMany(m => new[] { m.PeakMebibytesClient, m.PeakMebibytesServer }).Max();
        yield return new Goal("largest memory of a process with large messages", peak, 512, false, "MiB");
    }

    private double? IdleKibibytes(string system) =>
        rows.FirstOrDefault(m => m.Measure == SessionsMeasure.Idle && m.System == system)?.KibibytesPerConnection;

    private double? Flatness(string measure, int first)
    {
        Measurement[] all = [.. rows.Where(m => m.Measure == measure)];
        return all.Length > first ? Ratio(all[^1], all[first], m => m.CpuMicrosServer) : null;
    }

    private Measurement? Tunnel(string measure, int concurrency) => Find(SystemNames.TunnelRpc, Main, measure, concurrency);

    private Measurement? Raw(string measure, int concurrency) => Find(SystemNames.RawTcp, "tcp", measure, concurrency);

    private Measurement? Find(string system, string transport, string measure, int concurrency) =>
        rows.FirstOrDefault(
            m => m.System == system && m.Transport == transport && m.Measure == measure && m.Concurrency == concurrency);

    private static double? Rate(Measurement row) => row.PerSecond;

    private static double? Ratio(Measurement? row, Measurement? other, Func<Measurement, double?> field) =>
        row is null || other is null ? null : field(row) / field(other);
}
