using System.Collections.Concurrent;
using TunnelRpc.Chaos.Load;

namespace TunnelRpc.Chaos.Net;

/// <summary>
/// Cuts a path repeatedly, every 50 to 500 ms: at a random byte, in a random direction, in a random way. After some cuts new connections
/// are refused until the next cut is due; after some the next connection is cut during its handshake. Used once.
/// </summary>
internal sealed class CutDriver(CutRelay relay, RecoveryMonitor monitor, Random random)
{
    private const int MinInterval = 50;
    private const int MaxInterval = 500;
    private const int MaxBytes = 100_000;
    private const int HandshakeBytes = 1_200;

    private static readonly CutKind[] Kinds = Enum.GetValues<CutKind>();

    private readonly ConcurrentDictionary<string, int> _kinds = new();
    private int _cutCount;
    private volatile bool _isStopped;

    /// <summary>The number of cuts that met a connection.</summary>
    public int CutCount => Volatile.Read(ref _cutCount);

    /// <summary>
    /// Completes when <paramref name="shouldContinue"/> returns false. After that, connections are accepted and no path is cut.
    /// </summary>
    public async Task RunAsync(Func<bool> shouldContinue)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(MaxInterval));
        while (shouldContinue())
        {
            timer.Period = TimeSpan.FromMilliseconds(random.Next(MinInterval, MaxInterval));
            await timer.WaitForNextTickAsync();
            relay.RefusesConnections = false;
            CutKind kind = Kinds[random.Next(Kinds.Length)];
            bool hasOutage = random.Next(5) == 0;
            bool cutsHandshake = random.Next(3) == 0;
            (CutKind Kind, bool Up, long Bytes) handshakeCut =
                (Kinds[random.Next(Kinds.Length)], random.Next(2) == 0, random.Next(HandshakeBytes));
            relay.ScheduleCut(kind, up: random.Next(2) == 0, random.Next(MaxBytes), executed =>
            {
                OnCut(hasOutage ? $"{executed} with outage" : $"{executed}");
                if (cutsHandshake)
                {
                    relay.ScheduleHandshakeCut(
                        handshakeCut.Kind, handshakeCut.Up, handshakeCut.Bytes, _ => OnCut("cut in a handshake"));
                }

                relay.RefusesConnections = hasOutage && !_isStopped;
            });
        }

        _isStopped = true;
        relay.ScheduleCut(CutKind.Reset, up: true, long.MaxValue, _ => { });
        relay.RefusesConnections = false;
    }

    public override string ToString()
    {
        IEnumerable<string> kinds = _kinds.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Value} {k.Key}");
        return $"{CutCount} cuts ({string.Join(", ", kinds)})";
    }

    private void OnCut(string kind)
    {
        Interlocked.Increment(ref _cutCount);
        _kinds.AddOrUpdate(kind, 1, static (_, count) => count + 1);
        monitor.OnCut(kind);
    }
}
