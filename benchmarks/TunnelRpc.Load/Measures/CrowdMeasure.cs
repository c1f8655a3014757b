using System.Diagnostics;
using System.Globalization;
using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// Thousands of clients at once: the time until all have their first reply, their processor time and memory while they are idle, and the
/// time until all have a reply again after the server was killed and started.
/// </summary>
internal sealed class CrowdMeasure : IStandaloneMeasure
{
    public const string Connect = "crowd-connect";
    public const string Idle = "crowd-idle";
    public const string Memory = "crowd-memory";
    public const string Return = "crowd-return";

    private static readonly TimeSpan IdlePeriod = TimeSpan.FromSeconds(10);

    public string Name => "crowd";

    public string? SkippedWhenQuick => "crowd: 2,000 clients at once, idle, and after a restart of their server";

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        int clients = settings.Quick ? 500 : 2_000;
        var rows = new List<Measurement>();
        foreach (string transport in (string[])[TunnelTarget.MainTransport, "websocket"])
        {
            rows.AddRange(await MeasureAsync(transport, clients, cancellationToken));
        }

        return rows;
    }

    private static async Task<IReadOnlyList<Measurement>> MeasureAsync(string transport, int count, CancellationToken cancellationToken)
    {
        ServerProcess server = await ServerProcess.StartAsync(SystemNames.TunnelRpc);
        var clients = new TunnelClient[count];
        try
        {
            await WarmUpAsync(server.Ports[0], transport);
            double serverBefore = await server.MemoryAsync();
            double clientBefore = OwnMemory();
            long start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(
                async () =>
                {
                    clients[i] = await TunnelTarget.ConnectAsync(server.Ports[0], transport);
                    await clients[i].Get<ILoadService>().EchoAsync(Sample.One, cancellationToken);
                },
                cancellationToken)));
            double connected = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            double serverMemory = (await server.MemoryAsync() - serverBefore) / 1024 / count;
            double clientMemory = (OwnMemory() - clientBefore) / 1024 / count;

            Usage serverIdle = await server.UsageAsync();
            Usage clientIdle = Usage.Now;
            await Task.Delay(IdlePeriod, cancellationToken);
            double clientCpu = (Usage.Now - clientIdle).CpuMicros / count / IdlePeriod.TotalSeconds;
            double serverCpu = (await server.UsageAsync() - serverIdle).CpuMicros / count / IdlePeriod.TotalSeconds;

            int[] ports = server.Ports;
            await server.KillAsync();
            await server.DisposeAsync();
            start = Stopwatch.GetTimestamp();
            server = await ServerProcess.StartAsync(SystemNames.TunnelRpc, ports: ports);
            await Task.WhenAll(clients.Select(client => CallUntilReplyAsync(client, cancellationToken)));
            double returned = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return
            [
                Row(Connect, "") with { Milliseconds = connected },
                Row(Idle, ", CPU µs/s") with { CpuMicrosClient = clientCpu, CpuMicrosServer = serverCpu },
                Row(Memory, ", server") with { KibibytesPerConnection = serverMemory },
                Row(Memory, ", client") with { KibibytesPerConnection = clientMemory },
                Row(Return, "") with { Milliseconds = returned },
            ];
        }
        finally
        {
            await Parallel.ForEachAsync(clients.Where(c => c is not null), CancellationToken.None, (client, _) => client.DisposeAsync());
            await server.DisposeAsync();
        }

        Measurement Row(string measure, string part) => new(SystemNames.TunnelRpc, transport, measure, 0)
        {
            Case = string.Create(CultureInfo.InvariantCulture, $"{count:N0} clients{part}"),
        };
    }

    private static async Task WarmUpAsync(int port, string transport)
    {
        for (int i = 0; i < 20; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
            {
                await using TunnelClient client = await TunnelTarget.ConnectAsync(port, transport);
                await client.Get<ILoadService>().EchoAsync(Sample.One);
            }));
        }
    }

    /// <summary>Calls until a reply arrives, as a client that must not lose its call does.</summary>
    private static async Task CallUntilReplyAsync(TunnelClient client, CancellationToken cancellationToken)
    {
        ILoadService service = client.Get<ILoadService>();
        while (true)
        {
            try
            {
                await service.EchoAsync(Sample.One, cancellationToken);
                return;
            }
            catch (TunnelException)
            {
                await Task.Delay(50, cancellationToken);
            }
        }
    }

    private static double OwnMemory()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return Environment.WorkingSet;
    }
}
