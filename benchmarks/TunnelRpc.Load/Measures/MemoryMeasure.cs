using System.Globalization;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// What a server counts for its sessions, and what they really hold: the growth of live and of resident memory, after a garbage collection,
/// by calls, streams and sessions whose clients read nothing. Each case has a server process of its own.
/// </summary>
internal sealed class MemoryMeasure : IStandaloneMeasure
{
    public const string Held = "memory";

    /// <summary>
    /// When what is counted and held has not changed for this time, nothing more is going to be held. Longer than the time after which the
    /// server takes a peer that does not consume to be stalled.
    /// </summary>
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(7);

    private static readonly TimeSpan WarmUpPeriod = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(150);

    public string Name => "memory";

    public string? SkippedWhenQuick => "memory: what is counted for sessions, and what they hold";

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        int divisor = settings.Quick ? 10 : 1;
        return
        [
            await MeasureAsync("streams of 1 MB items, one read of each", 1, 2_000, (c, n) => c.TakeOneItemAsync(n, 1_000_000)),
            await MeasureAsync("arguments of 100 kB held by calls", 8, 250, (c, n) => c.HoldAsync(n, 100_000)),
            await MeasureAsync("arguments of 1 kB held by calls", 5, 4_000, (c, n) => c.HoldAsync(n, 1_000)),
            await MeasureAsync("unread replies of 100 kB", 8, 250, (c, n) => c.LeaveRepliesAsync(n, 100_000)),
            await MeasureAsync("unread replies of 1 kB", 5, 4_000, (c, n) => c.LeaveRepliesAsync(n, 1_000)),
            await MeasureAsync("unread replies of 10 kB, session without a path", 200, 110, LeaveWithoutPathAsync),
        ];

        async Task<Measurement> MeasureAsync(string label, int sessions, int each, Func<HeldCase, int, Task> hold)
        {
            each /= divisor;
            await using ServerProcess server = await ServerProcess.StartAsync(SystemNames.TunnelRpcMemory);
            await using (var warmUp = new HeldCase(server))
            {
                // Compiled code and what the pools keep are not memory of sessions.
                await warmUp.ConnectAsync(2);
                await hold(warmUp, 20);
                await Task.Delay(WarmUpPeriod, cancellationToken);
            }

            HeldMemory before = await WaitUntilQuietAsync(server, cancellationToken);
            await using var held = new HeldCase(server);
            await held.ConnectAsync(sessions);
            await hold(held, each);
            HeldMemory growth = await WaitUntilQuietAsync(server, cancellationToken) - before;
            string count = string.Create(CultureInfo.InvariantCulture, $"{sessions} x {each:N0} ");
            return new Measurement(SystemNames.TunnelRpc, TunnelTarget.MainTransport, Held, 0)
            {
                Case = count + label,
                CountedMebibytes = Mebibytes(growth.Counted),
                LiveMebibytes = Mebibytes(growth.Live),
                ResidentMebibytes = Mebibytes(growth.Resident),
            };
        }
    }

    private static async Task LeaveWithoutPathAsync(HeldCase held, int calls)
    {
        await held.LeaveRepliesAsync(calls, 10_000);

        // The calls have arrived, and their replies fill the buffers.
        await Task.Delay(WarmUpPeriod);
        held.Disconnect();
    }

    private static async Task<HeldMemory> WaitUntilQuietAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        HeldMemory last = await server.HeldMemoryAsync();
        for (TimeSpan waited = default; waited < MaxWait; waited += QuietPeriod)
        {
            await Task.Delay(QuietPeriod, cancellationToken);
            HeldMemory next = await server.HeldMemoryAsync();
            if (Math.Abs(next.Counted - last.Counted) < (1 << 20) && Math.Abs(next.Live - last.Live) < (1 << 20))
            {
                return next;
            }

            last = next;
        }

        return last;
    }

    private static double Mebibytes(long bytes) => bytes / 1024.0 / 1024;
}
