using System.Diagnostics;
using System.Globalization;
using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// Many large messages at once on one session, with default limits: their throughput, the largest memory of both processes, and sequential
/// small calls alone, beside them, and beside them on another session of the same processes. The last is the floor: what processors and
/// thread pools that are busy with large messages add to any small call.
/// </summary>
internal sealed class LargeMessagesMeasure : IStandaloneMeasure
{
    public const string Small = "small";
    public const string SmallBeside = "small-beside";
    public const string SmallOther = "small-other";
    public const string Large = "large";

    private static readonly string[] MeasuredTransports = [TunnelTarget.MainTransport, "websocket", "two-connection", "long-poll"];

    public string Name => "large";

    public string? SkippedWhenQuick => "large: 1,000 calls of 1 MB, 2,000 of 100 kB and 100 streams of 2 MB elements at once";

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        var rows = new List<Measurement>();
        foreach (string transport in MeasuredTransports.Where(settings.Transports.Contains))
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.AddRange(await MeasureAsync(transport, settings));
        }

        return rows;
    }

    private static async Task<IReadOnlyList<Measurement>> MeasureAsync(string transport, RunSettings settings)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(SystemNames.TunnelRpc);
        await using TunnelClient client = await TunnelTarget.ConnectAsync(server.Ports[0], transport);
        await using TunnelClient other = await TunnelTarget.ConnectAsync(server.Ports[0], transport);
        ILoadService service = client.Get<ILoadService>();
        string session = client.SessionId!;
        ILoadService otherService = other.Get<ILoadService>();
        Func<ValueTask<Sample>> call = () => service.EchoAsync(Sample.One);
        Func<ValueTask<Sample>> otherCall = () => otherService.EchoAsync(Sample.One);
        await CallLoop.RunAsync(otherCall, 1, settings.SubsequentWarmUp);
        await CallLoop.RunAsync(call, 1, settings.WarmUp);
        var rows = new List<Measurement> { Row(Small, "alone", await CallLoop.RunAsync(call, 1, settings.Duration)) };
        int divisor = settings.Quick ? 5 : 1;
        byte[] megabyte = new byte[1_000_000];
        byte[] tenth = new byte[100_000];
        await AddAsync("1 MB echoes", 1_000 / divisor, 2_000_000, () => EchoAsync(megabyte));
        await AddAsync("100 kB echoes", 2_000 / divisor, 200_000, () => EchoAsync(tenth));
        await AddAsync("streams of 4 x 2 MB", 100 / divisor, 8_000_000, () => ReadAsync(4, 2_000_000));
        return client.SessionId == session
            ? rows
            : throw new InvalidOperationException($"Expected one session over {transport}, got a second one.");

        async Task AddAsync(string name, int count, long bytesEach, Func<Task> one)
        {
            long start = Stopwatch.GetTimestamp();
            Task all = Task.Run(() => Task.WhenAll(Enumerable.Range(0, count).Select(_ => one())));
            (Figures beside, Figures besideOther) = await CallLoop.RunBothAsync(call, otherCall, _ => !all.IsCompleted);
            await all;
            double megabytes = count * bytesEach / 1_000_000.0 / Stopwatch.GetElapsedTime(start).TotalSeconds;
            string label = string.Create(CultureInfo.InvariantCulture, $"{count:N0} {name}");
            rows.Add(Row(SmallBeside, label, beside));
            rows.Add(Row(SmallOther, label, besideOther));
            rows.Add(Row(Large, label, null) with
            {
                MegabytesPerSecond = megabytes,
                PeakMebibytesClient = Usage.PeakMemory / 1024.0 / 1024,
                PeakMebibytesServer = await server.PeakMemoryAsync() / 1024.0 / 1024,
            });
        }

        async Task EchoAsync(byte[] data)
        {
            byte[] echo = await service.EchoBytesAsync(data);
            if (echo.Length != data.Length)
            {
                throw new InvalidOperationException($"Expected {data.Length} bytes, got {echo.Length}.");
            }
        }

        async Task ReadAsync(int blocks, int size)
        {
            int count = 0;
            await foreach (byte[] block in service.DownloadAsync(blocks, size))
            {
                count += block.Length == size ? 1 : 0;
            }

            if (count != blocks)
            {
                throw new InvalidOperationException($"Expected {blocks} blocks of {size} bytes, got {count}.");
            }
        }

        Measurement Row(string measure, string label, Figures? figures) =>
            new(SystemNames.TunnelRpc, transport, measure, measure == Large ? 0 : 1)
            {
                Case = label,
                PerSecond = figures?.PerSecond,
                P50Micros = figures?.P50Micros,
                P99Micros = figures?.P99Micros,
            };
    }
}
