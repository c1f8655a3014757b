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
/// time until all have a reply again after the server was killed and started. Processor time is per client; that of the return includes
/// the start of the server. Memory is what as many further clients add to both processes, so that what a process needs once for all of
/// them (compiled code, threads of the pool) is not divided among them.
/// </summary>
internal sealed class CrowdMeasure : IStandaloneMeasure
{
    public const string Connect = "crowd-connect";
    public const string Idle = "crowd-idle";
    public const string Memory = "crowd-memory";
    public const string Return = "crowd-return";

    // What distinguishes the cases of a measure.
    public const string IdlePart = ", CPU µs/s";
    public const string ServerPart = ", server";
    public const string ClientPart = ", client";

    /// <summary>The number of clients of a complete run, for which the targets are.</summary>
    private const int Clients = 2_000;

    // Longer than the interval of keepalive, and than the time for which Kestrel's pool keeps the blocks of the burst of connects. Memory
    // is measured afterwards.
    private static readonly TimeSpan IdlePeriod = TimeSpan.FromSeconds(20);

    public string Name => "crowd";

    public string? SkippedWhenQuick => "crowd: 2,000 clients at once, idle, and after a restart of their server";

    /// <summary>Returns the case of a row of a complete run.</summary>
    public static string CaseOf(int clients = Clients) => string.Create(CultureInfo.InvariantCulture, $"{clients:N0} clients");

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        int clients = settings.Quick ? Clients / 4 : Clients;
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
        TunnelClient[] clients = [];
        TunnelClient[] further = [];
        try
        {
            await WarmUpAsync(server.Ports[0], transport, count / 4);
            Usage serverConnecting = await server.UsageAsync();
            Usage clientConnecting = Usage.Now;
            long start = Stopwatch.GetTimestamp();
            clients = await ConnectAsync(server.Ports[0], transport, count);
            double connected = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            double clientConnectCpu = (Usage.Now - clientConnecting).CpuMicros / count;
            double serverConnectCpu = (await server.UsageAsync() - serverConnecting).CpuMicros / count;
            Usage serverIdle = await server.UsageAsync();
            Usage clientIdle = Usage.Now;
            await Task.Delay(IdlePeriod, cancellationToken);
            double clientCpu = (Usage.Now - clientIdle).CpuMicros / count / IdlePeriod.TotalSeconds;
            double serverCpu = (await server.UsageAsync() - serverIdle).CpuMicros / count / IdlePeriod.TotalSeconds;
            double serverBefore = await server.MemoryAsync();
            double clientBefore = OwnMemory();
            further = await ConnectAsync(server.Ports[0], transport, count);
            await Task.Delay(IdlePeriod, cancellationToken);
            double serverMemory = (await server.MemoryAsync() - serverBefore) / 1024 / count;
            double clientMemory = (OwnMemory() - clientBefore) / 1024 / count;
            await DisposeAsync(further);

            int[] ports = server.Ports;
            await server.KillAsync();
            await server.DisposeAsync();
            Usage clientReturning = Usage.Now;
            start = Stopwatch.GetTimestamp();
            server = await ServerProcess.StartAsync(SystemNames.TunnelRpc, ports: ports);
            await Task.WhenAll(clients.Select(client => CallUntilReplyAsync(client, cancellationToken)));
            double returned = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            double clientReturnCpu = (Usage.Now - clientReturning).CpuMicros / count;
            double serverReturnCpu = (await server.UsageAsync()).CpuMicros / count;
            return
            [
                Row(Connect, "") with
                {
                    Milliseconds = connected,
                    CpuMicrosClient = clientConnectCpu,
                    CpuMicrosServer = serverConnectCpu,
                },
                Row(Idle, IdlePart) with { CpuMicrosClient = clientCpu, CpuMicrosServer = serverCpu },
                Row(Memory, ServerPart) with { KibibytesPerConnection = serverMemory },
                Row(Memory, ClientPart) with { KibibytesPerConnection = clientMemory },
                Row(Return, "") with
                {
                    Milliseconds = returned,
                    CpuMicrosClient = clientReturnCpu,
                    CpuMicrosServer = serverReturnCpu,
                },
            ];
        }
        finally
        {
            await DisposeAsync([.. clients, .. further]);
            await server.DisposeAsync();
        }

        Measurement Row(string measure, string part) => new(SystemNames.TunnelRpc, transport, measure, 0)
        {
            Case = CaseOf(count) + part,
        };
    }

    private static async Task WarmUpAsync(int port, string transport, int count)
    {
        for (int i = 0; i < 2; i++)
        {
            await DisposeAsync(await ConnectAsync(port, transport, count));
        }
    }

    /// <summary>Connects clients at once. Returns when each has a reply.</summary>
    private static Task<TunnelClient[]> ConnectAsync(int port, string transport, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(async () =>
        {
            TunnelClient client = await TunnelTarget.ConnectAsync(port, transport);
            await client.Get<ILoadService>().EchoAsync(Sample.One);
            return client;
        })));

    private static Task DisposeAsync(TunnelClient[] clients) =>
        Parallel.ForEachAsync(clients, CancellationToken.None, (client, _) => client.DisposeAsync());

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
