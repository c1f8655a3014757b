using System.Diagnostics;
using System.Globalization;
using TunnelRpc.Load.Attacks;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// One attacker against a server with default options: the bytes that it sends, and the success and latency of honest clients at the same
/// time. Server and attacker have processes of their own; all share the processors of the machine.
/// </summary>
internal sealed class AttacksMeasure : IStandaloneMeasure
{
    public const string Attack = "attack";

    /// <summary>The time that the attacker has before the honest clients are measured.</summary>
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    public string Name => "attacks";

    public string? SkippedWhenQuick => "attacks: one attacker against 20 honest clients";

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        var rows = new List<Measurement>();
        foreach (string attack in AttackList.All.Keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Add(await MeasureAsync(attack));
        }

        return rows;
    }

    private static async Task<Measurement> MeasureAsync(string attack)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(SystemNames.TunnelRpcVictim);
        await using var honest = new HonestClients(server.Ports[0]);
        await honest.ConnectAsync();
        using Process attacker = OwnProgram.Start(
            null,
            "--attack",
            attack,
            server.Ports[0].ToString(CultureInfo.InvariantCulture),
            (Lead + Duration).TotalSeconds.ToString(CultureInfo.InvariantCulture));
        try
        {
            // Also compiles what the honest clients use.
            using (var warmUp = new CancellationTokenSource(Lead))
            {
                await honest.RunAsync(warmUp.Token);
            }

            honest.Reset();
            using var end = new CancellationTokenSource(Duration);
            await honest.RunAsync(end.Token);
            string sent = await attacker.StandardOutput.ReadLineAsync(CancellationToken.None)
                ?? throw new InvalidOperationException($"Expected the bytes of the attack '{attack}', but its process has ended.");
            return new Measurement(SystemNames.TunnelRpc, TunnelTarget.MainTransport, Attack, 0)
            {
                Case = attack,
                MegabytesPerSecond = double.Parse(sent, CultureInfo.InvariantCulture) / 1e6,
                Succeeded = honest.Succeeded,
                Failed = honest.Failed,
                NewSessions = honest.Accepted,
                RefusedSessions = honest.Refused,
                P50Micros = honest.Quantile(0.5),
                P99Micros = honest.Quantile(0.99),
                PeakMebibytesServer = await server.PeakMemoryAsync() / 1024.0 / 1024,
            };
        }
        finally
        {
            if (!attacker.HasExited)
            {
                attacker.Kill();
            }
        }
    }
}
