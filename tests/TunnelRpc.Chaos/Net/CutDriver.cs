using System.Collections.Concurrent;
using TunnelRpc.Chaos.Load;

namespace TunnelRpc.Chaos.Net;

/// <summary>
/// Cuts a path again and again, every 50 to 500 ms: at random bytes, in either direction, in every way; at times the way stays closed for as
/// long, at times the connection that comes next is cut in its handshake. Used once.
/// </summary>
internal sealed class CutDriver(CutRelay relay, RecoveryMonitor watch, Random random)
{
    private const int MinInterval = 50;
    private const int MaxInterval = 500;
    private const int MaxBytes = 100_000;
    private const int HandshakeBytes = 1_200;

    private static readonly CutKind[] Kinds = Enum.GetValues<CutKind>();

    private readonly ConcurrentDictionary<string, int> _kinds = new();
    private int _cutCount;
    private volatile bool _isStopped;

    /// <summary>Cuts of a path that was there.</summary>
    public int CutCount => Volatile.Read(ref _cutCount);

    /// <summary>Completes when <paramref name="shouldContinue"/> says so or is cancelled; the way is open then, and nothing more is cut.</summary>
    public async Task RunAsync(Func<bool> shouldContinue)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(MaxInterval));
        while (shouldContinue())
        {
            timer.Period = TimeSpan.FromMilliseconds(random.Next(MinInterval, MaxInterval));
            await timer.WaitForNextTickAsync();
            relay.RefusesConnections = false;
            CutKind kind = Kinds[random.Next(Kinds.Length)];
            bool isOut = random.Next(5) == 0;
            bool shakes = random.Next(3) == 0;
            (CutKind Kind, bool Up, long Bytes) aftershock = (Kinds[random.Next(Kinds.Length)], random.Next(2) == 0, random.Next(HandshakeBytes));
            relay.ScheduleCut(kind, up: random.Next(2) == 0, random.Next(MaxBytes), made =>
            {
                OnCut(isOut ? $"{made} with outage" : $"{made}");
                if (shakes)
                {
                    relay.ScheduleHandshakeCut(aftershock.Kind, aftershock.Up, aftershock.Bytes, _ => OnCut("aftershock"));
                }

                relay.RefusesConnections = isOut && !_isStopped;
            });
        }

        _isStopped = true;
        relay.ScheduleCut(CutKind.Reset, up: true, long.MaxValue, _ => { });
        relay.RefusesConnections = false;
    }

    public override string ToString() => $"{CutCount} cuts ({string.Join(", ", _kinds.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Value} {k.Key}"))})";

    private void OnCut(string kind)
    {
        Interlocked.Increment(ref _cutCount);
        _kinds.AddOrUpdate(kind, 1, static (_, count) => count + 1);
        watch.OnCut(kind);
    }
}
